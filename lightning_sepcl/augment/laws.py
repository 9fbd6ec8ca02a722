"""The laws by which plugins draw, and the check of the two ends that users give them."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def uniform(examples: int, low: float, high: float, generator: torch.Generator) -> Float[Tensor, " {examples}"]:
    """A number per example, every value between the ends equally likely."""
    return low + (high - low) * torch.rand(examples, generator=generator)


def log_uniform(examples: int, low: float, high: float, generator: torch.Generator) -> Float[Tensor, " {examples}"]:
    """A factor per example, every ratio between the ends equally likely; exactly `low` where both ends are equal."""
    return low * torch.pow(high / low, torch.rand(examples, generator=generator))


def whole_up_to(highest: Int64[Tensor, "*axes"], generator: torch.Generator) -> Int64[Tensor, "*axes"]:
    """A whole number in 0..highest, both included, for each highest.

    >>> whole_up_to(torch.tensor([0, 0]), torch.Generator())
    tensor([0, 0])
    """
    # float64, because rounding up to highest + 1 must not happen
    share = torch.rand(highest.shape, generator=generator, dtype=torch.float64)
    return (share * (highest + 1)).long()


def in_order(low: float, high: float, setting: str) -> tuple[float, float]:
    """The two ends of a law, checked.

    Raises:
        ValueError: the lower end is above the higher one.
    """
    if not low <= high:
        raise ValueError(f"{setting}: the lower end must not be above the higher one, found {low:g} and {high:g}")
    return low, high


def whole_and_apart(low: float, high: float, setting: str, unit: str) -> None:
    """Checks the two ends of `whole_between`, by which the published code of CLAR draws.

    Raises:
        ValueError: no whole number lies between them.
    """
    if low % 1 or high % 1 or not low < high:
        raise ValueError(
            f"{setting}: variant `code` draws whole {unit}, the highest excluded: the ends must be whole and apart, "
            f"found {low:g} and {high:g}"
        )


def whole_between(examples: int, low: float, high: float, generator: torch.Generator) -> Float[Tensor, " {examples}"]:
    """A whole number per example, from `low` on and below `high`, all equally likely.

    >>> whole_between(2, -1.0, 0.0, torch.Generator())
    tensor([-1., -1.])
    """
    return low + whole_up_to(torch.full((examples,), int(high - low) - 1), generator).float()
