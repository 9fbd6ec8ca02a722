"""The way of a source that moves: straight from point to point, evenly in between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.microphones import Point
from lightning_sepcl.errors import UserError


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Where a source is at which time. Before the first time it waits at the first point, after the last at the last.

    Attributes:
        points: m.
        seconds: when it is there; two points at one place are a rest.

    Raises:
        UserError: no point, times that do not rise, or a number that is none.
    """

    points: Float[Tensor, "point 3"]
    seconds: Float[Tensor, " point"]

    def __post_init__(self) -> None:
        if not len(self.points):
            raise UserError("a way without points: give one or more")
        if not (self.points.isfinite().all() and self.seconds.isfinite().all()):
            raise UserError("a point or time of the way is NaN or infinite")
        if (self.seconds.diff() <= 0).any():
            raise UserError("the times of a way must rise from point to point")

    @classmethod
    def at_times(cls, points: Sequence[Point], seconds: Sequence[float]) -> Trajectory:
        """From points (m) and when the source is there.

        Raises:
            UserError: another number of times than points.
        """
        if len(points) != len(seconds):
            raise UserError(f"a way of {len(points)} points and {len(seconds)} times: give a time for each point")
        places = torch.tensor(points, dtype=torch.float64).reshape(-1, 3)
        return cls(places, torch.tensor(seconds, dtype=torch.float64))

    @classmethod
    def at_speed(cls, points: Sequence[Point], metres_per_second: float) -> Trajectory:
        """From points (m) at a constant speed.

        Raises:
            UserError: a speed that is not above 0, or two equal points in a row.

        >>> Trajectory.at_speed([(1.0, 1.0, 1.0), (4.0, 5.0, 1.0)], 2.0).seconds.tolist()
        [0.0, 2.5]
        """
        if not 0 < metres_per_second < math.inf:
            raise UserError(f"a speed of {metres_per_second:g} m/s: give one above 0")
        places = torch.tensor(points, dtype=torch.float64).reshape(-1, 3)
        return cls(places, _travelled(places) / metres_per_second)

    @property
    def length(self) -> float:
        """m, from the first point to the last."""
        return float(_travelled(self.points)[-1])

    def travelled(self, seconds: Float[Tensor, " time"]) -> Float[Tensor, " time"]:
        """m since the beginning of the way."""
        return _interpolated(seconds, self.seconds, _travelled(self.points))

    def at(self, seconds: Float[Tensor, " time"]) -> Float[Tensor, "time 3"]:
        """Where it is, m."""
        return torch.stack([_interpolated(seconds, self.seconds, axis) for axis in self.points.T], dim=1)

    def places(self, spacing: float) -> tuple[Float[Tensor, "place 3"], float]:
        """Points on the way, evenly and no farther apart than `spacing` m; and how far apart they are."""
        steps = math.ceil(self.length / spacing - 1e-9)
        if not steps:
            return self.points[:1], spacing
        where = torch.linspace(0, self.length, steps + 1, dtype=torch.float64)
        moved = torch.cat([torch.tensor([True]), _travelled(self.points).diff() > 0])  # rests are one point
        along = _travelled(self.points)[moved]
        points = torch.stack([_interpolated(where, along, axis) for axis in self.points[moved].T], dim=1)
        return points, self.length / steps


def _travelled(points: Float[Tensor, "point 3"]) -> Float[Tensor, " point"]:
    return torch.nn.functional.pad(points.diff(dim=0).norm(dim=1).cumsum(0), (1, 0))


def _interpolated(at: Tensor, known: Tensor, values: Tensor) -> Float[Tensor, " _"]:
    x, xp, fp = (part.double().numpy() for part in (at, known, values))
    return torch.from_numpy(np.interp(x, xp, fp))
