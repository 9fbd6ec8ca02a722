"""Reads the variables of a TensorFlow checkpoint (V2: `.index` and `.data-?????-of-?????`) without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.crc32c import crc32c, masked
from lightning_sepcl.separation.protobuf_fields import Fields, MalformedMessage, fields_of, varint

Array = Shaped[np.ndarray[Any, Any], "..."]

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)  # the last eight bytes of a LevelDB table
FOOTER_BYTES = 48
TRAILER = struct.Struct("<BI")  # behind every block: compression, checksum
DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 6: "i1", 9: "<i8", 10: "?", 17: "<u2", 19: "<f2", 22: "<u4", 23: "<u8"}
"""TensorFlow's numbers of the types that NumPy has too."""


class DamagedCheckpoint(UserError):
    """A checkpoint that is cut short, changed, or of another format."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Where one variable lies.

    Attributes:
        shape: its axes; empty for a scalar.
        dtype: TensorFlow's number of its type.
        shard: number of its data file.
        offset, size: bytes in that file.
        checksum: of these bytes, masked.
    """

    shape: tuple[int, ...]
    dtype: int
    shard: int
    offset: int
    size: int
    checksum: int


class TFCheckpoint:
    """One checkpoint; its list of variables is read when first asked for, their values one by one.

    Args:
        path: `model.ckpt-1`, one of its files, or a folder with a single checkpoint.

    Raises:
        UserError: there is none, or there are several.

    Source: the table format of LevelDB (doc/table_format.md), and the messages of TensorFlow's tensor_bundle.proto.
    """

    def __init__(self, path: str | Path) -> None:
        self.prefix = _prefix(Path(path).expanduser())
        self.index = Path(f"{self.prefix}.index")

    @property
    def variables(self) -> dict[str, Variable]:
        """Every variable by its name, in alphabetical order.

        Raises:
            DamagedCheckpoint: the index is no such table, or its checksums differ.
        """
        return self._contents[0]

    @property
    def shards(self) -> int:
        """How many data files there are."""
        return self._contents[1]

    @cached_property
    def _contents(self) -> tuple[dict[str, Variable], int]:
        try:
            entries = {key.decode(): fields_of(value) for key, value in self._entries()}
            header = entries.pop("")
            variables = {name: _variable(entry) for name, entry in entries.items()}
            shards, big_endian = header.number(1), header.number(2)
        except (MalformedMessage, KeyError, IndexError, UnicodeDecodeError, struct.error) as error:
            raise DamagedCheckpoint(f"{self.index} is damaged: its list of variables cannot be read") from error
        if big_endian:
            raise DamagedCheckpoint(f"{self.index} was written on a big-endian machine, which cannot be read here")
        return variables, shards

    def read(self, name: str) -> Array:
        """The value of a variable.

        Raises:
            UserError: no variable of that name, or of a type that is no array of numbers.
            DamagedCheckpoint: its bytes are missing, or their checksum differs.
        """
        if name not in self.variables:
            raise UserError(f"{self.prefix} has no variable {name}")
        variable = self.variables[name]
        if variable.dtype not in DTYPES:
            raise UserError(f"{self.prefix}: {name} has TensorFlow's type {variable.dtype}, which cannot be read here")
        data = self._bytes(variable)
        if len(data) != variable.size or masked(crc32c(data)) != variable.checksum:
            raise DamagedCheckpoint(
                f"{self._shard(variable)} is damaged: {name} should be {variable.size} bytes at {variable.offset}, "
                f"{len(data)} are there" + ("" if len(data) != variable.size else " with another checksum")
            )
        try:
            return np.frombuffer(data, DTYPES[variable.dtype]).reshape(variable.shape)
        except ValueError as error:
            raise DamagedCheckpoint(
                f"{self.index} is damaged: {name} has {len(data)} bytes for {variable.shape}"
            ) from error

    def _bytes(self, variable: Variable) -> bytes:
        shard = self._shard(variable)
        if not shard.is_file():
            raise UserError(f"no file {shard}, which belongs to {self.index.name}: copy all files of the checkpoint")
        with shard.open("rb") as file:
            file.seek(variable.offset)
            return file.read(variable.size)

    def _shard(self, variable: Variable) -> Path:
        return Path(f"{self.prefix}.data-{variable.shard:05d}-of-{self.shards:05d}")

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of the table, block by block."""
        data = self.index.read_bytes()
        if len(data) < FOOTER_BYTES or data[-len(MAGIC) :] != MAGIC:
            raise DamagedCheckpoint(f"{self.index} is no TensorFlow V2 checkpoint index, or it was cut short")
        footer, at = data[-FOOTER_BYTES:], 0
        for _ in range(2):  # the first block handle, of meta blocks, is of no use here
            _, at = varint(footer, at)
        for _, handle in _pairs(self._block(data, footer[at:])):
            yield from _pairs(self._block(data, handle))

    def _block(self, data: bytes, handle: bytes) -> bytes:
        """The block that a handle (offset and size) points at, checked."""
        offset, at = varint(handle, 0)
        size, _ = varint(handle, at)
        block = data[offset : offset + size]
        compression, checksum = TRAILER.unpack_from(data, offset + size)
        if masked(crc32c(block + bytes([compression]))) != checksum:
            raise DamagedCheckpoint(f"{self.index} is damaged: the checksum of the block at byte {offset} differs")
        if compression:
            raise DamagedCheckpoint(f"{self.index} is compressed, which TensorFlow's own checkpoints are not")
        return block


def _prefix(path: Path) -> Path:
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) != 1:
            names = ", ".join(file.stem for file in found) or "no .index file"
            raise UserError(f"{path} should hold one checkpoint, found: {names}; name one, such as {path}/model.ckpt-1")
        path = found[0]
    stem, dot, last = path.name.rpartition(".")
    prefix = path.with_name(stem) if dot and (last == "index" or last.startswith("data-")) else path
    if not Path(f"{prefix}.index").is_file():
        raise UserError(f"no checkpoint {prefix}: there is no file {prefix.name}.index")
    return prefix


def _pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; a key is stored as what differs from the one before it."""
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end, at, key = len(block) - 4 - 4 * restarts, 0, b""
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + own + size > end:
            raise MalformedMessage
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + size]
        at += size


def _variable(entry: Fields) -> Variable:
    shape = fields_of(entry.message(2))
    return Variable(
        shape=tuple(fields_of(axis).number(1) for axis in shape.messages(2)),
        dtype=entry.number(1),
        shard=entry.number(3),
        offset=entry.number(4),
        size=entry.number(5),
        checksum=entry.number(6),
    )
