"""What is simulated: a room, sources and microphones in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.microphones import Microphones
from data_sim.room import LONGEST_RT60_SECONDS, SPEED_OF_SOUND, Room
from lightning_sepcl.errors import UserError

NEAREST_METRES = 0.01
"""A source nearer to a microphone would be louder than any real one: the amplitude grows as one over the distance."""

AFTER_DIRECT_SECONDS = 0.01
"""A response lasts at least so long behind the last direct sound, however dry the room."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A room with sources and microphones.

    Attributes:
        room: the box.
        sources: positions, m; each radiates equally in all directions.
        microphones: the array.
        seed: for engines that draw at random; others ignore it.
        moving: the sources are places of one source on its way; engines that draw at random draw once for all of them.

    Raises:
        UserError: no source, a position outside the room, a source on a microphone.
    """

    room: Room
    sources: Float[Tensor, "source 3"]
    microphones: Microphones
    seed: int = 0
    moving: bool = False

    def __post_init__(self) -> None:
        if not len(self.sources):
            raise UserError("a scene without sources: give the position of one or more")
        self._check_inside("source", self.sources)
        self._check_inside("microphone", self.microphones.positions)
        nearest = float(self.distances.min())
        if nearest < NEAREST_METRES:
            raise UserError(
                f"a source {nearest * 100:.2g} cm from a microphone: keep {NEAREST_METRES * 100:g} cm apart"
            )

    def _check_inside(self, what: str, positions: Float[Tensor, "point 3"]) -> None:
        size = torch.tensor(self.room.size, dtype=torch.float64)
        for number, position in enumerate(positions):
            if not ((position > 0) & (position < size)).all():
                raise UserError(f"{what} {number} at {_point(position.tolist())} is outside the room, "
                                f"which reaches from (0, 0, 0) to {_point(self.room.size)} m")  # fmt: skip

    @property
    def distances(self) -> Float[Tensor, "source mic"]:
        """From each source to each microphone, m."""
        away = self.sources[:, None].double() - self.microphones.positions.double()
        distances: Tensor = torch.linalg.vector_norm(away, dim=2)
        return distances

    @property
    def directions(self) -> Float[Tensor, "source 3"]:
        """Azimuth (deg, -180 to 180, counter-clockwise from x), elevation (deg) and distance (m) from the centre."""
        return directions_from(self.microphones.centre, self.sources)

    @property
    def natural_seconds(self) -> float:
        """How long the responses last unless told otherwise: RT60 by Sabine, or a little behind the direct sound.

        Raises:
            UserError: the room rings for longer than 5 s.
        """
        rt60 = self.room.sabine_rt60
        if rt60 > LONGEST_RT60_SECONDS:
            raise UserError(
                f"the room rings for {rt60:.3g} s by Sabine's formula: say with `seconds` how much of it you want, "
                "or let the walls swallow more"
            )
        return max(rt60, float(self.distances.max()) / SPEED_OF_SOUND + AFTER_DIRECT_SECONDS)

    def samples(self, sample_rate: int, seconds: float | None) -> int:
        """Length of the responses.

        Raises:
            UserError: a length that ends before the first sound arrives.
        """
        wanted = self.natural_seconds if seconds is None else seconds
        first = float(self.distances.min()) / SPEED_OF_SOUND
        if not first < wanted < math.inf:
            raise UserError(f"responses of {wanted:g} s: the first sound arrives after {first:.4f} s, ask for more")
        return math.ceil(wanted * sample_rate)


def directions_from(centre: Float[Tensor, " 3"], points: Float[Tensor, "point 3"]) -> Float[Tensor, "point 3"]:
    """Azimuth (deg, -180 to 180, counter-clockwise from x), elevation (deg) and distance (m) of points."""
    x, y, z = (points.double() - centre.double()).unbind(dim=1)
    flat = torch.hypot(x, y)
    degrees = torch.rad2deg(torch.stack([torch.atan2(y, x), torch.atan2(z, flat)]))
    return torch.stack([*degrees, torch.hypot(flat, z)], dim=1)


def _point(position: tuple[float, ...] | list[float]) -> str:
    return "(" + ", ".join(f"{x:.3g}" for x in position) + ")"
