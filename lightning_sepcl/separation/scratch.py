"""Memory for the fast path: rows on cache-line borders, and buffers that all blocks of one pass share."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

LINE = 16  # floats in 64 bytes
PAGE = 1024  # floats in 4 KiB


def aligned_empty(like: Tensor, *shape: int) -> Tensor:
    """An empty tensor whose rows begin at multiples of 64 bytes but not all at multiples of 4 KiB.

    Frame counts of round clip lengths are odd (7999 for 10 s); matrix products on such rows are up to 30 % slower,
    and rows a multiple of a page apart share cache sets.
    """
    return like.new_empty(*shape[:-1], _pitch(shape[-1]))[..., : shape[-1]]


def aligned(x: Tensor) -> Tensor:
    """`x` itself if its rows are aligned, else a copy with rows that are."""
    if x.stride(-1) == 1 and x.stride(-2) % LINE == 0 and x.stride(-2) % PAGE:
        return x
    length = x.shape[-1]
    return functional.pad(x, (0, _pitch(length) - length))[..., :length]


def _pitch(length: int) -> int:
    pitch = -(-length // LINE) * LINE
    return pitch + LINE * (pitch % PAGE == 0)


class Scratch:
    """Named buffers, made when first asked for; a fresh 16 MB per block costs a fifth of a forward pass in page faults.

    What is in a buffer is gone as soon as the next block asks for the same name.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}

    def __call__(self, name: str, like: Tensor, *shape: int) -> Tensor:
        """The buffer called `name`, of this shape, with aligned rows."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = aligned_empty(like, *shape)
        return buffer
