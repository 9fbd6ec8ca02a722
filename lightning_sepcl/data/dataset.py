"""Clips out of the cache as batches; a whole batch is gathered at once, in int16."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int16, Int64
from torch.utils.data import Dataset

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.separated import SeparatedClips
from lightning_sepcl.records import Batch

Fill = Literal["repeat", "zero"]
Position = int | tuple[int, int]
"""Which clip: its place in the data set, or (epoch, place) as `EpochSampler` gives it."""


@dataclass(frozen=True, slots=True)
class Window:
    """How much of a clip is handed out.

    Attributes:
        samples: length of every clip in a batch; None is whole clips, padded with zeros to the longest of the batch.
        fill: what shorter clips are filled up with: themselves over and over, or zeros.
        seed: of the random windows of longer clips; None always takes their beginning (evaluation).
    """

    samples: int | None
    fill: Fill
    seed: int | None


class ClipDataset(Dataset[Batch]):
    """Some clips of a manifest. Indexing gives a `Batch` of one; `__getitems__`, which data loaders use, of many.

    A random window depends on seed, epoch and clip alone, so neither the number of workers nor the batch matters.

    Args:
        cache: holds the clips.
        manifest: their labels.
        rows: which clips, as numbers of manifest entries; all must be in the cache.
        window: how much of each.
        labelled: (row,) whether the clip's labels may be told; by default wherever there are any.
        separated: the clips' channels by processor; they take the place of isolated sources.
    """

    def __init__(
        self,
        cache: ClipReader,
        manifest: Manifest,
        rows: Sequence[int],
        window: Window,
        labelled: Sequence[bool] | None = None,
        separated: Sequence[SeparatedClips] = (),
    ) -> None:
        self.separated = tuple(separated)
        self.cache, self.window, self.rows = cache, window, np.asarray(rows, np.int64)
        self.entries = len(manifest)
        self._drawn: tuple[int, Float64[Array, " entry"]] | None = None
        entries = [manifest.entries[i] for i in rows]
        self.keys = [entry.key for entry in entries]
        self.numbers = [cache.position[key] for key in self.keys]
        known = [bool(entry.labels) for entry in entries]
        self.labelled = np.asarray(known if labelled is None else np.logical_and(known, labelled), bool)
        # Columns of all labels, one clip's behind the other's: as a matrix two million clips would take 4 GB.
        column = {label: i for i, label in enumerate(manifest.vocabulary)}
        self.classes = len(column)
        self.columns = np.asarray([column[label] for entry in entries for label in entry.labels], np.int32)
        self.first = np.cumsum([0, *(len(entry.labels) for entry in entries)])
        self.direction = _directions(entries, len(manifest.direction_columns)) if manifest.has_directions else None

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: Position) -> Batch:
        return self.__getitems__([position])

    def __getitems__(self, positions: Sequence[Position]) -> Batch:
        pairs = [p if isinstance(p, tuple) else (0, int(p)) for p in positions]
        places = np.asarray([place for _, place in pairs], np.int64)
        waves = [self._window(epoch, place) for epoch, place in pairs]
        wave, length = self._gathered(waves)
        return Batch(
            wave=torch.from_numpy(wave),
            length=torch.from_numpy(length),
            target=torch.from_numpy(self._targets(places)),
            labelled=torch.from_numpy(self.labelled[places]),
            index=torch.from_numpy(self.rows[places]),
            keys=tuple(self.keys[place] for place in places),
            direction=None if self.direction is None else torch.from_numpy(self.direction[places]),
        )

    def _window(self, epoch: int, place: int) -> Int16[Array, "source mic sample"]:
        number, samples = self.numbers[place], self.window.samples
        spare = 0 if samples is None else self.cache.rows[number].samples - samples
        start = 0
        if spare > 0 and self.window.seed is not None:
            start = int(self._shares(epoch)[self.rows[place]] * (spare + 1))
        clip = self.cache.clip(number, start, samples)
        if not self.separated:
            return clip
        channels = (clips.clip(self.keys[place], start, samples) for clips in self.separated)
        return np.concatenate([clip[:1], *channels])

    def _targets(self, places: Int64[Array, " clip"]) -> Float32[Array, "clip class"]:
        target = np.zeros((len(places), self.classes), np.float32)
        for row, place in zip(target, places, strict=True):
            if self.labelled[place]:
                row[self.columns[self.first[place] : self.first[place + 1]]] = 1
        return target

    def _shares(self, epoch: int) -> Float64[Array, " entry"]:
        """Where in its room each clip's window starts in this epoch, from 0 to below 1, for all manifest entries.

        One generator a clip and epoch would cost more than reading the clip does.
        """
        if self._drawn is None or self._drawn[0] != epoch:
            generator = np.random.default_rng([self.window.seed or 0, epoch])
            self._drawn = epoch, generator.random(self.entries)
        return self._drawn[1]

    def _gathered(
        self, waves: Sequence[Int16[Array, "_ mic _"]]
    ) -> tuple[Int16[Array, "clip sources mic samples"], Int64[Array, " clip"]]:
        length = np.asarray([wave.shape[2] for wave in waves], np.int64)
        samples = int(length.max()) if self.window.samples is None else self.window.samples
        sources, mics = max(wave.shape[0] for wave in waves), waves[0].shape[1]
        out = np.empty((len(waves), sources, mics, samples), np.int16)
        for row, wave in zip(out, waves, strict=True):
            row[: wave.shape[0], :, : wave.shape[2]] = wave
            row[wave.shape[0] :] = 0  # only what no sound fills is cleared: clearing all takes a tenth of the time
            row[:, :, wave.shape[2] :] = 0
        if self.window.samples is not None and self.window.fill == "repeat":
            for row, own in zip(out, length, strict=True):
                repeat_in_place(row, int(own))
            length[:] = samples
        return out, length


def as_is(batch: Any) -> Any:
    """The data loader's `collate_fn`: `ClipDataset` gives whole batches already."""
    return batch


def repeat_in_place(row: Int16[Array, "source mic sample"], own: int) -> None:
    """Fill `row` in place with copies of its first `own` samples, of which there is at least one."""
    while own < row.shape[-1]:  # doubles what is there, so a clip of one sample takes 17 steps, not 80 000
        more = min(own, row.shape[-1] - own)
        row[..., own : own + more] = row[..., :more]
        own += more


def _directions(entries: Sequence[Entry], columns: int) -> Float32[Array, "clip {columns}"]:
    """NaN for what is not known."""
    known = np.full((len(entries), columns), np.nan, np.float32)
    for row, entry in zip(known, entries, strict=True):
        if entry.direction is not None:
            row[: len(entry.direction)] = entry.direction
    return known
