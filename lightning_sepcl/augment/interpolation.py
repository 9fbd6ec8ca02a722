"""Features read at fractional places along one axis: what time warps and resized crops are made of."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def interpolate(
    x: Float[Tensor, "n channel freq frame"], place: Float[Tensor, "n place"], axis: int
) -> Float[Tensor, "n channel _ _"]:
    """`x` at `place` along `axis`, linear between neighbours, each example with its own places.

    Args:
        x: features.
        place: in bins or frames, 0 is the first; outside, the value at the edge goes on.
        axis: 2 for frequency, 3 for time.

    >>> import torch
    >>> interpolate(torch.tensor([[[[0.0, 10.0]]]]), torch.tensor([[0.5, 7.0]]), axis=3)
    tensor([[[[ 5., 10.]]]])
    """
    last = x.shape[axis] - 1
    place = place.clamp(0, last)
    before = place.floor()
    part = _along(place - before, axis).to(x.dtype)
    first = before.long()
    left, right = _gather(x, first, axis), _gather(x, (first + 1).clamp(max=last), axis)
    # Weights instead of left + part * (right - left): at part 0 the value is the left one to the bit.
    return left * (1 - part) + right * part


def _gather(x: Tensor, index: Tensor, axis: int) -> Tensor:
    shape = list(x.shape)
    shape[axis] = index.shape[1]
    return x.gather(axis, _along(index, axis).expand(shape))


def _along(values: Float[Tensor, "n place"] | Tensor, axis: int) -> Tensor:
    return values[:, None, :, None] if axis == 2 else values[:, None, None, :]
