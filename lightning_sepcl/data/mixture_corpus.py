"""What corpora for source separation share: a clip is a mixture, and its sources must add up to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lightning_sepcl.audio.reading import Audio, UnreadableAudio, read_audio
from lightning_sepcl.data.corpus import ClipAudio, FileCorpus
from lightning_sepcl.data.manifest import Entry

TOLERANCE = 1e-3
"""How far the sum may be from the mixture, full scale 1: 33 steps of 16 bits, since each file was rounded."""


class MixtureCorpus(FileCorpus):
    """A folder of mixtures with their isolated sources, which are checked as they are read."""

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """The mixture, then its sources if they are asked for.

        Raises:
            UnreadableAudio: a file cannot be read, a source is not as long as the mixture or has other channels, or
                the sources do not add up to it.
        """
        mixture = self._read(entry, entry.path, sample_rate, mono)
        if not sources:
            return mixture[None]
        waves = [mixture]
        for path in entry.sources:
            wave = self._source(entry, path, sample_rate, mono)
            _refuse_other_shape(entry, path, wave.shape, mixture.shape)
            waves.append(wave)
        _refuse_other_sum(entry, mixture, waves[1:])
        return np.stack(waves)

    def _source(self, entry: Entry, path: str, sample_rate: int, mono: bool) -> Audio:
        try:
            return self._read(entry, path, sample_rate, mono)
        except UnreadableAudio as error:
            raise UnreadableAudio(entry.path, f"its source {path}: {error.why}") from error

    def _read(self, entry: Entry, path: str, sample_rate: int, mono: bool) -> Audio:
        return read_audio(
            self.root / path, sample_rate, start=entry.start_seconds, duration=entry.duration_seconds, mono=mono
        )


def _refuse_other_shape(entry: Entry, path: str, source: tuple[int, ...], mixture: tuple[int, ...]) -> None:
    for found, expected, what in zip(source, mixture, ("channel(s)", "samples"), strict=True):
        if found != expected:
            raise UnreadableAudio(entry.path, f"its source {path} has {found} {what}, the mixture {expected}")


def _refuse_other_sum(entry: Entry, mixture: Audio, sources: Sequence[Audio]) -> None:
    off = float(np.abs(mixture - np.sum(sources, axis=0)).max())
    if off > TOLERANCE:
        raise UnreadableAudio(
            entry.path,
            f"not the sum of its {len(sources)} listed source(s), it is off by up to {off:.2g} of full scale",
        )
