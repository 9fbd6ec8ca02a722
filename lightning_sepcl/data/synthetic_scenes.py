"""Scenes of synthetic sounds as a corpus: no download, known sources, several labels per clip."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lightning_sepcl.data.corpus import ClipAudio, Corpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import SPLITS, Entry, Manifest
from lightning_sepcl.errors import UserError
from lightning_sepcl.synth import event_bank, scene
from lightning_sepcl.synth.catalogue import CATALOGUE


class SyntheticCorpus(Corpus):
    """Scenes rendered on demand; the three splits come from different seeds and share no event.

    Args:
        train: scenes for training.
        val: scenes for validation.
        test: scenes for testing.
        seconds: length of each.
        polyphony: fewest and most sources of a scene.
        data_seed: another seed gives other scenes.
    """

    name = "synthetic_scenes"

    def __init__(
        self,
        train: int = 1500,
        val: int = 200,
        test: int = 400,
        *,
        seconds: float = 4.0,
        polyphony: Sequence[int] = (1, 4),
        data_seed: int = 0,
    ) -> None:
        if len(polyphony) != 2 or not 1 <= polyphony[0] <= polyphony[1] <= len(CATALOGUE):
            raise ValueError(
                f"polyphony={list(polyphony)} should be two numbers from 1 to {len(CATALOGUE)}, fewest and most"
            )
        self.counts = dict(zip(SPLITS, (train, val, test), strict=True))
        self.seconds, self.polyphony, self.data_seed = seconds, (polyphony[0], polyphony[1]), data_seed

    def manifest(self) -> Manifest:
        """Labels are known without rendering the sound; see `_labels`."""
        entries = tuple(
            Entry(f"{split}/{i:06d}", f"{split}/{i:06d}", 0.0, self.seconds, self._labels(split, i), split, 0)
            for split, count in self.counts.items()
            for i in range(count)
        )
        return Manifest(entries, tuple(CATALOGUE), multi_label=True)

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """The mixture, then every source; rows of absent sources are zero. Always one microphone."""
        split, _, number = entry.key.partition("/")
        made = scene.synthetic_scene(
            self._seed(split), int(number), sample_rate=sample_rate, seconds=self.seconds, sources=self.polyphony
        )
        if made.labels != entry.labels:
            raise UserError(f"scene {entry.key} has the labels {made.labels}, its manifest says {entry.labels}")
        rows = [made.mixture[None], *([made.sources] if sources else [])]
        return np.asarray(np.concatenate(rows)[:, None])

    def fingerprint(self, entry: Entry) -> str:
        """What the scene depends on, the generators' source text included."""
        return f"{self._seed(entry.split)} {self.seconds} {self.polyphony} {_generators()}"

    def _seed(self, split: str) -> int:
        return len(SPLITS) * self.data_seed + SPLITS.index(split)

    def _labels(self, split: str, index: int) -> tuple[str, ...]:
        # A scene draws its labels before anything that depends on its length or on the bank, so the shortest scene
        # from the smallest bank has the same ones; `audio` checks it.
        seed, sample_rate = self._seed(split), 16000
        bank = event_bank.EventBank(seed, sample_rate, events_per_class=1)
        return scene.synthetic_scene(
            seed, index, sample_rate=sample_rate, seconds=0.001, sources=self.polyphony, event_bank=bank
        ).labels


@lru_cache(maxsize=1)
def _generators() -> str:
    files = sorted(Path(scene.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


class SyntheticScenes(AudioDataModule):
    """Synthetic scenes for training and evaluation: several labels per clip, isolated sources if `sources` is set.

    Args:
        train: scenes for training.
        val: scenes for validation.
        test: scenes for testing.
        seconds: length of each.
        polyphony: fewest and most sources of a scene.
        data_seed: another seed gives other scenes.
        clip_seconds: as in `AudioDataModule`; None is `seconds`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        train: int = 1500,
        val: int = 200,
        test: int = 400,
        seconds: float = 4.0,
        polyphony: list[int] = [1, 4],  # noqa: B006 - never changed; a list is what the command line can show
        data_seed: int = 0,
        clip_seconds: float | None = None,
        **kwargs: Any,
    ) -> None:
        corpus = SyntheticCorpus(train, val, test, seconds=seconds, polyphony=polyphony, data_seed=data_seed)
        super().__init__(corpus, clip_seconds=seconds if clip_seconds is None else clip_seconds, **kwargs)
