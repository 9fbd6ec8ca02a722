"""Writes TensorFlow V2 checkpoints: tables as LevelDB's format page has them, with checksums bit by bit."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10, "float16": 19}


def write_tf_checkpoint(
    prefix: Path,
    variables: dict[str, np.ndarray],
    *,
    shards: int = 1,
    per_block: int = 3,
    big_endian: bool = False,
    compression: int = 0,
    dtype: int | None = None,
) -> Path:
    """Variables go to the shards in turn; the index has blocks of `per_block` entries that share beginnings."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    data = [b""] * shards
    header = number(1, shards) + (number(2, 1) if big_endian else b"") + nested(3, number(1, 1))
    entries = [(b"", header)]
    for i, name in enumerate(sorted(variables)):
        value = np.asarray(variables[name])
        raw, shard = value.tobytes(), i % shards
        axes = b"".join(nested(2, number(1, size)) for size in value.shape)
        entry = number(1, TYPES[str(value.dtype)] if dtype is None else dtype) + nested(2, axes)
        entry += number(3, shard) + number(4, len(data[shard])) + number(5, len(raw))
        entry += varint(6 << 3 | 5) + struct.pack("<I", masked_crc(raw))
        entries.append((name.encode(), entry))
        data[shard] += raw
    for shard, raw in enumerate(data):
        Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}").write_bytes(raw)
    Path(f"{prefix}.index").write_bytes(table(entries, per_block, compression))
    return prefix


def table(entries, per_block, compression):
    out, handles = b"", []
    for start in range(0, len(entries), per_block):
        out, handle = appended(out, block(entries[start : start + per_block]), compression)
        handles.append((entries[min(start + per_block, len(entries)) - 1][0], handle))
    out, meta = appended(out, block([]), 0)
    out, index = appended(out, block(handles), 0)
    return out + (meta + index).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def appended(out, content, compression):
    """The file with one more block, and the handle of that block."""
    handle = varint(len(out)) + varint(len(content))
    kind = bytes([compression])
    return out + content + kind + struct.pack("<I", masked_crc(content + kind)), handle


def block(pairs):
    out, last = b"", b""
    for key, value in pairs:
        shared = next((i for i, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last)))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def nested(field, message):
    return varint(field << 3 | 2) + varint(len(message)) + message


def slow_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF


def masked_crc(data):
    crc = slow_crc32c(data)
    return ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF
