"""The packed cache on disk: which files its folder holds and what their columns mean.

<corpus>-<hash>/
    audio.int16    every clip, (source, mic, sample) in C order, one after another, little-endian
    index.csv      one line per clip, columns as in `IndexRow`
    skipped.csv    key, path, reason of the clips that could not be read
    meta.json      settings, fingerprint of the source files, sizes, version of this format
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

FORMAT_VERSION = 1
AUDIO, INDEX, SKIPPED, META = "audio.int16", "index.csv", "skipped.csv", "meta.json"
SAMPLE_DTYPE = np.dtype("<i2")
FULL_SCALE = 32768


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How clips are kept; another setting is another cache.

    Attributes:
        sample_rate: Hz.
        mono: channels mixed down to one.
        cut_silence_db: frames below this level (dB re full scale) are cut out of the clips; None keeps all.
        sources: keep isolated sources behind the recording.
    """

    sample_rate: int = 16000
    mono: bool = True
    cut_silence_db: float | None = None
    sources: bool = False


@dataclass(frozen=True, slots=True)
class IndexRow:
    """Where one clip lies.

    Attributes:
        key: name of the clip.
        offset: its first number in the audio file, counted in int16 numbers.
        sources, mics, samples: its shape.
        peak: largest absolute number; 0 is a silent clip.
        gain: what the clip was multiplied by to fit full scale; 1 unless it was over.
        crc32: checksum of its bytes.
    """

    key: str
    offset: int
    sources: int
    mics: int
    samples: int
    peak: int
    gain: float
    crc32: int

    @property
    def size(self) -> int:
        """How many int16 numbers the clip takes."""
        return self.sources * self.mics * self.samples


@dataclass(frozen=True, slots=True)
class Skipped:
    """A clip that could not be read, and why."""

    key: str
    path: str
    reason: str


INDEX_COLUMNS = tuple(f.name for f in fields(IndexRow))


def index_lines(path: Path) -> Iterator[IndexRow]:
    """The rows of an index file; ends silently at a line that was cut short by a crash."""
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.reader(file):
            if tuple(line) == INDEX_COLUMNS:
                continue
            try:
                key, offset, sources, mics, samples, peak, gain, crc32 = line
                numbers = (int(offset), int(sources), int(mics), int(samples), int(peak), float(gain), int(crc32))
            except ValueError:
                return
            yield IndexRow(key, *numbers)


def write_skipped(path: Path, skipped: Iterable[Skipped]) -> None:
    """A CSV with the columns key, path, reason."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("key", "path", "reason"))
        writer.writerows((s.key, s.path, s.reason) for s in skipped)


def read_skipped(path: Path) -> list[Skipped]:
    """What `write_skipped` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Skipped(row["key"], row["path"], row["reason"]) for row in csv.DictReader(file)]
