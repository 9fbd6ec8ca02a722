"""Microphones of first order: how much louder they hear what comes from the front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.errors import UserError

PATTERNS: Mapping[str, float] = {
    "omni": 1.0,
    "subcardioid": 0.75,
    "cardioid": 0.5,
    "supercardioid": (math.sqrt(3) - 1) / 2,  # most energy from the front half, least from the back
    "hypercardioid": 0.25,  # least energy from everywhere
    "figure_eight": 0.0,
}
"""The share of pressure in each named pattern. Source: Elko 2000, "Superdirectional microphone arrays", section 2."""

Pattern = str | float | int
"""A name in `PATTERNS`, or the share of pressure itself."""


@dataclass(frozen=True, slots=True)
class Directivity:
    """How each microphone of an array hears plane waves: pressure + (1 - pressure) cos(angle to `towards`).

    The gain is 1 from the front at all frequencies; what the side opposite to a lobe hears is negative. Near sources
    are heard by the same rule: the proximity effect of real capsules is not modelled.

    Attributes:
        pressure: share of pressure, 0 to 1: 1 is omnidirectional, 0.5 a cardioid, 0 a figure of eight.
        towards: unit vectors of the front, in the room's axes.
    """

    pressure: Float[Tensor, " mic"]
    towards: Float[Tensor, "mic 3"]

    @classmethod
    def of(cls, patterns: Sequence[Pattern], towards: Float[Tensor, "mic 3"]) -> Directivity:
        """From a pattern for each microphone, and vectors of any length.

        Raises:
            UserError: a pattern that is neither known nor a share, or a direction without a length.
        """
        lengths = towards.norm(dim=1, keepdim=True)
        if not (lengths.isfinite() & (lengths > 1e-9)).all():
            raise UserError("a microphone points nowhere: give `towards` a vector that is not 0 for each")
        return cls(torch.tensor([_share(pattern) for pattern in patterns], dtype=torch.float64), towards / lengths)

    def __eq__(self, other: Any) -> bool:
        same = isinstance(other, Directivity) and torch.equal(self.pressure, other.pressure)
        return same and torch.equal(self.towards, other.towards)

    def to(self, device: torch.device) -> Directivity:
        """The same in single precision on a device."""
        return Directivity(*(part.to(device, torch.float32) for part in (self.pressure, self.towards)))

    @property
    def along(self) -> Float[Tensor, "mic 3"]:
        """The part of the gain that a unit vector to the sound is multiplied by."""
        return (1 - self.pressure)[:, None] * self.towards


def _share(pattern: Pattern) -> float:
    share = PATTERNS.get(pattern) if isinstance(pattern, str) else float(pattern)
    if share is None or not 0 <= share <= 1:
        raise UserError(
            f"no pattern {pattern!r}: there are {', '.join(PATTERNS)}, or a share of pressure between 0 and 1"
        )
    return share
