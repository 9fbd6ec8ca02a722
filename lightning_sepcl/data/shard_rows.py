"""Where every clip of a set of shards lies: `clips.csv`, and its lines in memory as one array, not an object each."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, overload

import numpy as np
from jaxtyping import Shaped

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.shard_format import ShardRow

ROW_COLUMNS = tuple(f.name for f in fields(ShardRow))
NUMBERS = np.dtype(
    [
        ("offset", "<i8"),
        ("sources", "<i4"),
        ("mics", "<i4"),
        ("samples", "<i8"),
        ("peak", "<i4"),
        ("gain", "<f8"),
        ("crc32", "<u4"),
        ("shard", "<i4"),
        ("bytes", "<i8"),
    ]
)
"""All of a row but its key, in the order of `ShardRow`."""


class ShardRows(Sequence[ShardRow]):
    """The rows of `clips.csv`; each is made when it is asked for.

    Args:
        keys: names of the clips.
        numbers: the rest, with the fields of `NUMBERS`.
    """

    def __init__(self, keys: list[str], numbers: Shaped[Array, " clip"]) -> None:
        self.keys, self.numbers = keys, numbers

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, place: int) -> ShardRow: ...
    @overload
    def __getitem__(self, place: slice) -> ShardRows: ...
    def __getitem__(self, place: int | slice) -> ShardRow | ShardRows:
        if isinstance(place, slice):
            return ShardRows(self.keys[place], self.numbers[place])
        return ShardRow(self.keys[place], *self.numbers[place].item())


def write_rows(path: Path, rows: Iterable[ShardRow]) -> None:
    """A CSV with a line per clip."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ROW_COLUMNS)
        writer.writerows(astuple(row) for row in rows)


def read_rows(path: Path, texts: Mapping[str, str]) -> ShardRows:
    """What `write_rows` wrote; the file's checksum was compared before.

    Args:
        path: of the file.
        texts: keys that are in memory already, each as itself; they are not kept twice.
    """
    keys: list[str] = []

    def numbers(lines: Iterator[list[str]]) -> Iterator[tuple[Any, ...]]:
        for key, offset, sources, mics, samples, peak, gain, crc32, shard, size in lines:
            keys.append(texts.get(key, key))
            shape = int(sources), int(mics), int(samples)
            yield int(offset), *shape, int(peak), float(gain), int(crc32), int(shard), int(size)

    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        next(lines)
        found = np.fromiter(numbers(lines), NUMBERS)
    return ShardRows(keys, found)
