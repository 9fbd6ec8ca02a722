"""Reads clips out of indexed tar shards by their offsets: any window of any clip, the numbers of a packed cache."""

from __future__ import annotations

import io
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import soundfile
from jaxtyping import Int16, Int64

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache import short_hash
from lightning_sepcl.data.cache_format import SAMPLE_DTYPE, CacheSettings, read_skipped
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import Manifest, read_manifest
from lightning_sepcl.data.shard_format import (
    CLIPS,
    HEAD_BYTES,
    MANIFEST,
    SKIPPED_CLIPS,
    WAV_HEADER_BYTES,
    Shard,
    ShardRow,
)
from lightning_sepcl.data.shard_place import ShardPlace
from lightning_sepcl.data.shard_rows import read_rows
from lightning_sepcl.errors import UserError

OPEN_SHARDS = 64
"""Kept open per process; systems allow a thousand files or so."""


class ShardReader(ClipReader):
    """The clips of a set of shards.

    Args:
        place: where the shards lie.

    Attributes:
        index: what `shards.json` says.
        manifest: labels and splits.

    Raises:
        UserError: a file is missing, cut short, changed, or belongs to other shards.
    """

    def __init__(self, place: ShardPlace) -> None:
        self.place = place
        self.index = place.index()
        lists = {name: place.list_file(name, sha256) for name, sha256 in self.index.lists.items()}
        self.manifest: Manifest = read_manifest(lists[MANIFEST])
        self.shard_rows = read_rows(lists[CLIPS], {entry.key: entry.key for entry in self.manifest.entries})
        self.rows = self.shard_rows
        self.skipped = read_skipped(lists[SKIPPED_CLIPS])
        self.meta = {"corpus": self.index.corpus, "settings": asdict(self.index.settings)}
        self.position = {key: i for i, key in enumerate(self.shard_rows.keys)}
        self._open: OrderedDict[int, int] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": OrderedDict()}  # files are opened again wherever the copy arrives

    def __del__(self) -> None:
        for handle in getattr(self, "_open", {}).values():
            os.close(handle)

    @property
    def identity(self) -> str:
        """Name of the data set, and a hash of all shards' checksums."""
        return f"{self.index.corpus}-shards-{short_hash([shard.sha256 for shard in self.index.shards])}"

    @property
    def seconds(self) -> float:
        """Length of all clips together."""
        return int(self.shard_rows.numbers["samples"].sum()) / float(self.index.settings.sample_rate)

    def shards_of(self, numbers: Sequence[int]) -> Int64[Array, " clip"]:
        """In which shard each of these clips lies."""
        found: Int64[Array, " clip"] = self.shard_rows.numbers["shard"][np.asarray(numbers, np.int64)].astype(np.int64)
        return found

    def refuse_other(self, corpus: Corpus, settings: CacheSettings) -> None:
        """Check that these are the shards of what a run wants to read.

        Raises:
            UserError: names what differs.
        """
        wanted, found = corpus.made_of(), self.index.made_of
        if wanted["kind"] != found["kind"]:
            raise UserError(
                f"{self.place.where} holds shards of {self.index.corpus} ({found['kind']}), not of {wanted['kind']}: "
                "name other shards, or the data module that these were written from"
            )
        there, asked = found | asdict(self.index.settings), wanted | asdict(settings)
        for name in sorted({*there, *asked}):
            if there.get(name) != asked.get(name):
                raise UserError(
                    f"the shards in {self.place.where} were written with {name}={there.get(name)}, this run wants "
                    f"{name}={asked.get(name)}: set it to {there.get(name)}, or write other shards"
                )

    def clip(self, number: int, start: int = 0, samples: int | None = None) -> Int16[Array, "source mic window"]:
        """As every clip reader; a FLAC file is fetched whole and decoded from the window's beginning on."""
        row = self.shard_rows[number]
        stop = row.samples if samples is None else min(row.samples, start + samples)
        count = max(0, stop - start)
        channels = row.sources * row.mics
        if count == 0:
            numbers = np.zeros((0, channels), SAMPLE_DTYPE)
        elif self.index.kind == "wav":
            frame = SAMPLE_DTYPE.itemsize * channels
            data = self._bytes(row, WAV_HEADER_BYTES + frame * start, frame * count)
            numbers = np.frombuffer(data, SAMPLE_DTYPE).reshape(count, channels)
        else:
            numbers = self._decoded(row, start, count)
        return numbers.T.reshape(row.sources, row.mics, count)

    def ahead(self, shards: Iterable[int]) -> None:
        """Tell the place which shards will be read, in this order."""
        self.place.ahead(self.index.shards[number] for number in shards)

    def _decoded(self, row: ShardRow, start: int, count: int) -> Int16[Array, "window channel"]:
        data = self._bytes(row, 0, row.bytes)
        try:
            numbers, _ = soundfile.read(io.BytesIO(data), count, start, dtype="int16", always_2d=True)
        except soundfile.SoundFileError as error:
            raise self._damaged(row, str(error)) from error
        if numbers.shape != (count, row.sources * row.mics):
            raise self._damaged(row, f"{numbers.shape} samples and channels")
        found: Int16[Array, "window channel"] = numbers
        return found

    def _bytes(self, row: ShardRow, first: int, size: int) -> bytes:
        data = os.pread(self._handle(row.shard), size, row.offset + first)
        if len(data) != size:
            raise self._damaged(row, f"{len(data)} of {size} bytes")
        return data

    def _damaged(self, row: ShardRow, what: str) -> UserError:
        return UserError(
            f"clip {row.key} in {self.index.shards[row.shard].name} of {self.place.where} cannot be read ({what}): the "
            f"shard has changed since it was written; sepcl data shard --verify tells which others have"
        )

    def _handle(self, number: int) -> int:
        """The open shard; the one that was read longest ago is closed if there are too many."""
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        shard = self.index.shards[number]
        handle = os.open(self.place.shard_file(shard), os.O_RDONLY)
        try:
            self._refuse_other_file(shard, handle)
        except BaseException:
            os.close(handle)
            raise
        self._open[number] = handle
        if len(self._open) > OPEN_SHARDS:
            os.close(self._open.popitem(last=False)[1])
        return handle

    def _refuse_other_file(self, shard: Shard, handle: int) -> None:
        """Shards of clips of one length have all the same size: only their contents tell them apart."""
        if zlib.crc32(os.pread(handle, HEAD_BYTES, 0)) != shard.head_crc32:
            raise UserError(
                f"{shard.name} in {self.place.where} is not the shard that its index means: the index, or the shard, "
                "belongs to other shards; copy all files of one set"
            )
