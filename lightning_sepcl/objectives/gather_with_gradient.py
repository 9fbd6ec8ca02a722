"""The rows of all processes, through which the gradient finds its way back to the process it belongs to."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, distributed


def gather_with_gradient(x: Float[Tensor, "n dim"]) -> Float[Tensor, "all dim"]:
    """The rows of every process, in the order of their ranks; `x` itself where there is one process.

    On the way back every process gets the sum of what all processes ask of its rows.

    Raises:
        ValueError: the processes hold different numbers of rows.
    """
    if world_size() == 1:
        return x
    _check_equal(x)
    gathered: Tensor = _Gather.apply(x)
    return gathered


def world_size() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if _together() else 1


def rank() -> int:
    """Which of them this is."""
    return distributed.get_rank() if _together() else 0


def _together() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _check_equal(x: Tensor) -> None:
    # unequal rows would not fail but hang, or return garbage
    own = torch.tensor([len(x)], device=x.device)
    counts = [torch.zeros_like(own) for _ in range(world_size())]
    distributed.all_gather(counts, own)
    found = [int(count) for count in counts]
    if len(set(found)) > 1:
        raise ValueError(
            f"the processes hold {found} embeddings, all must hold the same number: drop the last, smaller batch"
        )


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        parts = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(world_size())]
        distributed.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total.chunk(world_size())[rank()]
