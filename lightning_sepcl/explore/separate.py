"""A recording of any format, rate and length becomes one audio file per separated channel, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
import torch
from jaxtyping import Float32
from torch import Tensor

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.explore.separate_files import Bits, ChannelFiles
from lightning_sepcl.explore.stream import audio_blocks
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.chunked import Stretch, separated_stretches

Channels = Float32[Array, "source _"]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that was written.

    Attributes:
        path: of its file.
        level_db: root mean square, dB re full scale; minus infinity for silence.
        share: of the recording that it explains, ⟨channel, recording⟩ / |recording|²; NaN in silence. The shares of
            channels that sum to the recording sum to 1.
        clipped: samples beyond full scale that 16 bits cut off.
    """

    path: Path
    level_db: float
    share: float
    clipped: int


@dataclass(frozen=True, slots=True)
class SeparatedFile:
    """What became of a recording.

    Attributes:
        path: of the recording.
        file_rate: Hz, its own.
        microphones: its channels, which were mixed down.
        samples: its length at the separator's sample rate.
        separator_rate: Hz.
        rate: Hz of the files that were written.
        channels: one per source.
    """

    path: Path
    file_rate: int
    microphones: int
    samples: int
    separator_rate: int
    rate: int
    channels: tuple[Channel, ...]

    @property
    def seconds(self) -> float:
        """Length of the recording."""
        return self.samples / self.separator_rate


def channel_paths(path: Path, folder: Path, sources: int) -> list[Path]:
    """Where the channels of a recording go.

    >>> [str(p) for p in channel_paths(Path("birds/dawn.flac"), Path("out"), 2)]
    ['out/dawn_1.wav', 'out/dawn_2.wav']
    """
    return [folder / f"{path.stem}_{source + 1}.wav" for source in range(sources)]


def separate_file(
    separator: Separator,
    path: Path,
    folder: Path,
    *,
    chunk_seconds: float = 10.0,
    overlap_seconds: float = 2.0,
    original_rate: bool = False,
    bits: Bits = 32,
    heard: Callable[[float], None] = lambda seconds: None,
) -> SeparatedFile:
    """Write the channels of a recording as `folder/NAME_1.wav`, ...; they appear when all of them are complete.

    Args:
        separator: in evaluation mode, on the device that is to do the work.
        path: whatever libsndfile reads; several microphones are mixed down to one.
        folder: must exist.
        chunk_seconds: what is separated at a time (`separate_wave`).
        overlap_seconds: shared by neighbouring chunks.
        original_rate: write at the recording's own sample rate and of its exact length, else at the separator's.
        bits: 32 is floating point, which never clips; 16 are integers.
        heard: called with the seconds of audio that were just finished.

    Raises:
        UnreadableAudio: missing, empty, damaged, NaN or infinite samples.
        UserError: the disk is full, or as `separated_stretches`.
    """
    rate = separator.sample_rate
    blocks = audio_blocks(path, rate)
    first = next(blocks)  # from here on the file is known to be audio
    info = sf.info(str(path))
    out_rate, length = (int(info.samplerate), int(info.frames)) if original_rate else (rate, None)
    stretches = separated_stretches(
        separator,
        (torch.from_numpy(block[0]) for block in chain([first], blocks)),
        round(chunk_seconds * rate),
        round(overlap_seconds * rate),
    )
    tally = _Tally(separator.sources)
    expected = round(info.frames * out_rate / info.samplerate)
    change = _RateChange(separator, out_rate, length)
    with ChannelFiles(channel_paths(path, folder, separator.sources), out_rate, bits, expected) as files:
        for stretch in stretches:
            tally.add(stretch)
            files.write(change.add(stretch.channels))
            heard(len(stretch.wave) / rate)
        files.write(change.end())
    channels = map(Channel, files.paths, tally.levels_db(), tally.shares(), files.clipped)
    return SeparatedFile(path, int(info.samplerate), int(info.channels), tally.samples, rate, out_rate, tuple(channels))


class _RateChange:
    """Channels in stretches at another rate, cut or filled up with silence to a `length` where there is one."""

    def __init__(self, separator: Separator, rate: int, length: int | None) -> None:
        self.sources, self.length, self.given = separator.sources, length, 0
        self.stream = None
        if rate != separator.sample_rate:
            self.stream = soxr.ResampleStream(separator.sample_rate, rate, self.sources, "float32", quality="HQ")

    def add(self, channels: Tensor) -> Channels:
        wave: Channels = channels.numpy()
        return self._cut(wave if self.stream is None else self.stream.resample_chunk(np.ascontiguousarray(wave.T)).T)

    def end(self) -> Channels:
        nothing = np.zeros((0, self.sources), np.float32)
        rest = self._cut(nothing.T if self.stream is None else self.stream.resample_chunk(nothing, last=True).T)
        missing = 0 if self.length is None else self.length - self.given
        return np.pad(rest, ((0, 0), (0, missing)))

    def _cut(self, wave: Channels) -> Channels:
        kept = wave if self.length is None else wave[:, : self.length - self.given]
        self.given += kept.shape[1]
        return kept


@dataclass
class _Tally:
    """Sums over a recording that its levels and shares are made of."""

    sources: int
    samples: int = 0
    energy: float = 0.0
    energies: Tensor = field(init=False)
    products: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.energies = torch.zeros(self.sources, dtype=torch.float64)
        self.products = torch.zeros(self.sources, dtype=torch.float64)

    def add(self, stretch: Stretch) -> None:
        wave, channels = stretch.wave.double(), stretch.channels.double()
        self.samples += len(wave)
        self.energy += float(wave.square().sum())
        self.energies += channels.square().sum(1)
        self.products += channels @ wave

    def levels_db(self) -> list[float]:
        return [10 * math.log10(e / self.samples) if e else -math.inf for e in self.energies.tolist()]

    def shares(self) -> list[float]:
        return [p / self.energy if self.energy else math.nan for p in self.products.tolist()]
