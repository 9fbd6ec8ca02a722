"""Figures about a data set, split by split: lengths, levels, silence, kinds of files, labels."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache_format import Skipped
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import SPLITS, Entry, Manifest
from lightning_sepcl.data.measuring import ClipFigures, measured

QUANTILES = {"min": 0.0, "p5": 0.05, "median": 0.5, "p95": 0.95, "max": 1.0}
FULL_SCALE_PEAK = 32767 / 32768
"""From this amplitude on a clip touches full scale: the largest positive number of a 16-bit file."""


def _floats() -> array[float]:
    return array("f")


@dataclass(frozen=True, slots=True)
class SplitStatistics:
    """The readable clips of one split; three numbers of four bytes are kept of each.

    Attributes:
        split: `train`, `val` or `test`.
        seconds: length of each clip.
        rms_db: its level, dB relative to full scale; minus infinity for digital silence.
        silence: share of its frames of 10 ms below -80 dB, 0 to 1.
        kinds: clips by (sample rate in Hz, channels, format).
        labels: clips by label; one clip counts for each of its labels.
        totals: `unlabelled` clips, those that touch `full_scale`, and `unreadable` ones, which count nowhere else.
    """

    split: str
    seconds: array[float] = field(default_factory=_floats)
    rms_db: array[float] = field(default_factory=_floats)
    silence: array[float] = field(default_factory=_floats)
    kinds: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)

    @property
    def clips(self) -> int:
        """How many could be read."""
        return len(self.seconds)

    @property
    def hours(self) -> float:
        """Length of all clips together."""
        return math.fsum(self.seconds) / 3600

    @property
    def silent(self) -> int:
        """Clips that hold nothing but digital silence."""
        return sum(level == -math.inf for level in self.rms_db)

    def add(self, clip: ClipFigures, entry: Entry) -> None:
        """Count one clip."""
        self.seconds.append(clip.seconds)
        self.rms_db.append(clip.rms_db)
        self.silence.append(clip.silence)
        self.kinds[clip.sample_rate, clip.channels, clip.kind] += 1
        self.labels.update(entry.labels)
        self.totals["unlabelled"] += int(not entry.labels)
        self.totals["full_scale"] += int(clip.peak >= FULL_SCALE_PEAK)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of a whole corpus.

    Attributes:
        name: of the corpus.
        vocabulary: its classes.
        multi_label: whether a clip may have several labels.
        splits: those that have clips.
        unreadable: clips that could not be decoded, with the reason.
        absent: how many clips the data set lists that the corpus leaves out, because they are not there.
    """

    name: str
    vocabulary: tuple[str, ...]
    multi_label: bool
    splits: tuple[SplitStatistics, ...]
    unreadable: tuple[Skipped, ...]
    absent: int

    @property
    def labels(self) -> Counter[str]:
        """Clips by label over all splits, those of no clip included."""
        counts = Counter(dict.fromkeys(self.vocabulary, 0))
        for split in self.splits:
            counts.update(split.labels)
        return counts

    @property
    def kinds(self) -> Counter[tuple[int, int, str]]:
        """Clips by (sample rate in Hz, channels, format) over all splits."""
        counts: Counter[tuple[int, int, str]] = Counter()
        for split in self.splits:
            counts.update(split.kinds)
        return counts


def statistics(corpus: Corpus, manifest: Manifest | None = None, workers: int | None = None) -> Statistics:
    """Decode every clip of a corpus and add up.

    Args:
        corpus: what is to be measured.
        manifest: its manifest, or a part of it; None reads it.
        workers: processes that read, as for `measured`.
    """
    manifest = corpus.manifest() if manifest is None else manifest
    splits = {split: SplitStatistics(split) for split in SPLITS}
    unreadable = []
    results = measured(corpus, manifest.entries, f"measuring {corpus.name}", workers)
    for entry, result in zip(manifest.entries, results, strict=True):
        if isinstance(result, Skipped):
            unreadable.append(result)
            splits[entry.split].totals["unreadable"] += 1
        else:
            splits[entry.split].add(result, entry)
    return Statistics(
        name=corpus.name,
        vocabulary=manifest.vocabulary,
        multi_label=manifest.multi_label,
        splits=tuple(split for split in splits.values() if split.clips),
        unreadable=tuple(unreadable),
        absent=len(corpus.absent()),
    )


def quantiles(values: Sequence[float] | Float32[Array, " value"]) -> dict[str, float]:
    """Smallest, 5 %, median, 95 % and largest of the finite values; NaN where there is none.

    >>> quantiles([3.0, 1.0, 2.0, -math.inf])["median"]
    2.0
    """
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return dict.fromkeys(QUANTILES, math.nan)
    return dict(zip(QUANTILES, np.quantile(finite, list(QUANTILES.values())).tolist(), strict=True))


def as_json(found: Statistics) -> dict[str, Any]:
    """The figures in types that JSON knows; None stands for what is not defined."""
    return {
        "name": found.name,
        "classes": len(found.vocabulary),
        "multi_label": found.multi_label,
        "absent": found.absent,
        "unreadable": [{"clip": x.key, "file": x.path, "why": x.reason} for x in found.unreadable],
        "splits": {split.split: _split_json(split) for split in found.splits},
    }


def _split_json(split: SplitStatistics) -> dict[str, Any]:
    return {
        "clips": split.clips,
        "hours": split.hours,
        "seconds": _defined(quantiles(split.seconds)),
        "rms_db": _defined(quantiles(split.rms_db)),
        "silent_clips": split.silent,
        "silence": sum(split.silence) / split.clips,
        "full_scale_clips": split.totals["full_scale"],
        "unlabelled_clips": split.totals["unlabelled"],
        "kinds": [
            {"sample_rate": rate, "channels": channels, "kind": kind, "clips": count}
            for (rate, channels, kind), count in split.kinds.most_common()
        ],
        "labels": dict(split.labels.most_common()),
    }


def _defined(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}
