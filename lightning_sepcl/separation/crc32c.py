"""CRC-32C, the checksum inside TensorFlow checkpoints, in NumPy: pieces side by side, then put together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt32

Array = np.ndarray[Any, Any]

POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed; RFC 3720, appendix B.4
ALL_ONES = 0xFFFFFFFF
PIECE_BYTES = 512
"""Bytes that are walked through one by one; so many steps serve all pieces of a tensor at once."""
MASK_DELTA = 0xA282EAD8


def crc32c(data: bytes | memoryview) -> int:
    """The checksum of `data`, as RFC 3720 defines it.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    numbers = np.frombuffer(data, np.uint8)
    whole = len(numbers) - len(numbers) % PIECE_BYTES
    state = ALL_ONES
    if whole:
        pieces = numbers[:whole].reshape(-1, PIECE_BYTES)
        # A start value is what came before: moved past the data, it is added to the checksum that starts at 0.
        state = _joined(_walked(pieces, np.zeros(len(pieces), np.uint32))) ^ _moved_past(state, whole)
    rest = numbers[whole:]
    return int(_walked(rest[None], np.array([state], np.uint32))[0]) ^ ALL_ONES


def masked(checksum: int) -> int:
    """As it is stored: rotated and shifted, so that the checksum of a checksum is none itself.

    Source: the LevelDB log format, from which TensorFlow's tables are taken.
    """
    return ((checksum >> 15 | checksum << 17) + MASK_DELTA) & ALL_ONES


def _walked(pieces: UInt8[Array, "piece byte"], state: UInt32[Array, " piece"]) -> UInt32[Array, " piece"]:
    table = _table()
    for column in np.ascontiguousarray(pieces.T):
        state = state >> np.uint32(8) ^ table[(state ^ column) & np.uint32(0xFF)]
    return state


def _joined(states: UInt32[Array, " piece"]) -> int:
    """One checksum of all pieces in order: neighbours are joined two by two, level by level."""
    level = 0
    while len(states) > 1:
        if len(states) % 2:  # a piece of nothing in front changes nothing
            states = np.concatenate([np.zeros(1, np.uint32), states])
        states = _times(_doubled(level), states[0::2]) ^ states[1::2]
        level += 1
    return int(states[0])


def _moved_past(state: int, size: int) -> int:
    """The state after `size` zero bytes, a multiple of `PIECE_BYTES`."""
    states = np.array([state], np.uint32)
    for level in range((size // PIECE_BYTES).bit_length()):
        if size // PIECE_BYTES >> level & 1:
            states = _times(_doubled(level), states)
    return int(states[0])


def _times(matrix: UInt32[Array, 32], states: UInt32[Array, " piece"]) -> UInt32[Array, " piece"]:
    """Matrix (a column per bit, over the field of two elements) times states."""
    out = np.zeros_like(states)
    for bit, column in enumerate(matrix):
        out ^= column * (states >> np.uint32(bit) & np.uint32(1))
    return out


@lru_cache(maxsize=64)
def _doubled(level: int) -> UInt32[Array, 32]:
    """What PIECE_BYTES · 2^level zero bytes do to a state."""
    if level:
        return _times(_doubled(level - 1), _doubled(level - 1))
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    return _walked(np.zeros((32, PIECE_BYTES), np.uint8), bits)


@lru_cache(maxsize=1)
def _table() -> UInt32[Array, 256]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = table >> np.uint32(1) ^ np.uint32(POLYNOMIAL) * (table & np.uint32(1))
    return table
