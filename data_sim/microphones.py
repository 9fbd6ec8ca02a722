"""Where the microphones of an array are, and which way they point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.directivity import Directivity, Pattern
from lightning_sepcl.errors import UserError

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Microphones:
    """An array of microphones.

    Attributes:
        positions: m, in the room's axes.
        directivity: how they hear from where; None: equally well from everywhere.

    Raises:
        UserError: no microphone, or a position that is no number.
    """

    positions: Float[Tensor, "mic 3"]
    directivity: Directivity | None = None

    def __post_init__(self) -> None:
        if not len(self.positions):
            raise UserError("an array without microphones: give the positions of one or more")
        if not self.positions.isfinite().all():
            raise UserError("a microphone's position is NaN or infinite")

    def __len__(self) -> int:
        return len(self.positions)

    def __eq__(self, other: Any) -> bool:
        same = isinstance(other, Microphones) and torch.equal(self.positions, other.positions)
        return same and self.directivity == other.directivity

    def directed(
        self, pattern: Pattern | Sequence[Pattern], towards: Point | Sequence[Point] | None = None
    ) -> Microphones:
        """The same array with microphones of first order.

        Args:
            pattern: "cardioid" or another name of `PATTERNS`, or the share of pressure; one for all, or one for each.
            towards: where they point, a vector for all or one for each; None: away from the array's centre.

        Raises:
            UserError: an unknown pattern, another number of patterns or vectors than microphones, a vector of length 0.

        >>> circular((2.0, 2.0, 1.0)).directed("cardioid").directivity.towards[1].tolist()
        [0.0, 1.0, 0.0]
        """
        patterns = [pattern] * len(self) if isinstance(pattern, str | float | int) else list(pattern)
        if towards is None:
            fronts = self.positions - self.centre
        else:
            fronts = torch.as_tensor(towards, dtype=torch.float64).reshape(-1, 3)
            fronts = fronts.expand(len(self), 3) if len(fronts) == 1 else fronts
        if not len(patterns) == len(fronts) == len(self):
            raise UserError(
                f"{len(patterns)} patterns and {len(fronts)} directions for {len(self)} microphones: give one of each "
                "for all, or one for each"
            )
        return Microphones(self.positions, Directivity.of(patterns, fronts))

    @property
    def centre(self) -> Float[Tensor, " 3"]:
        """The mean of the positions; directions are told from here."""
        return self.positions.mean(dim=0)

    @property
    def reach(self) -> float:
        """Distance from the centre to the outermost microphone, m."""
        return float((self.positions - self.centre).norm(dim=1).max())


def given(positions: list[Point]) -> Microphones:
    """An array of microphones anywhere, positions in m.

    >>> given([(1.0, 1.0, 1.0), (1.2, 1.0, 1.0)]).centre.tolist()
    [1.1, 1.0, 1.0]
    """
    return Microphones(torch.tensor(positions, dtype=torch.float64).reshape(-1, 3))


def circular(centre: Point, count: int = 4, diameter: float = 0.1, turned_deg: float = 0.0) -> Microphones:
    """Microphones evenly on a horizontal circle, counter-clockwise seen from above; the first lies at `turned_deg`.

    Args:
        centre: m.
        count: two or more.
        diameter: m.
        turned_deg: azimuth of the first microphone; 0 is the x axis, 90 the y axis.

    Raises:
        UserError: fewer than two microphones, or no diameter.

    Source: MC-SimCLR, section 4.1: four on a circle of 0.1 m.

    >>> circular((2.0, 2.0, 1.0)).positions[1].tolist()
    [2.0, 2.05, 1.0]
    """
    _check(count, 2, "circular", diameter)
    angles = math.radians(turned_deg) + torch.arange(count, dtype=torch.float64) * (2 * math.pi / count)
    offsets = torch.stack([angles.cos(), angles.sin(), torch.zeros_like(angles)], dim=1) * (diameter / 2)
    return Microphones(torch.tensor(centre, dtype=torch.float64) + offsets)


def tetrahedral(centre: Point, diameter: float = 0.084) -> Microphones:
    """Four microphones on the corners of a regular tetrahedron, in the order and directions of DCASE's array.

    Azimuth and elevation: (45, 35), (-45, -35), (135, -35), (-135, 35) degrees.

    Args:
        centre: m.
        diameter: of the sphere through the corners, m; 0.084 is the size of DCASE's.

    Source: DCASE task 3, description of the MIC format.
    """
    _check(4, 2, "tetrahedral", diameter)
    corners = torch.tensor([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], dtype=torch.float64)
    return Microphones(torch.tensor(centre, dtype=torch.float64) + corners * (diameter / 2 / math.sqrt(3)))


def _check(count: int, least: int, kind: str, diameter: float) -> None:
    if count < least:
        raise UserError(f"a {kind} array of {count} microphone{'s' * (count != 1)}: it needs {least} or more")
    if not 0 < diameter < math.inf:
        raise UserError(f"a {kind} array with a diameter of {diameter:g} m: give one above 0 m")
