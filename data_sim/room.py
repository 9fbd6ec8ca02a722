"""A shoebox room: its size and how much sound each of its six walls swallows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lightning_sepcl.errors import UserError

SPEED_OF_SOUND = 343.0
"""m/s, at 20 °C; the value that pyroomacoustics and gpuRIR use too."""

LONGEST_RT60_SECONDS = 5.0
"""Beyond it a room has so many images (their number grows with the cube) that simulating them is hardly meant."""

WALLS = ("west", "east", "south", "north", "floor", "ceiling")
"""x = 0, x = width, y = 0, y = length, z = 0, z = height."""

SABINE = 24 * math.log(10) / SPEED_OF_SOUND
"""s/m: RT60 = SABINE * volume / (surface * absorption)."""


class UnreachableRT60(UserError):
    """An RT60 shorter than even a room with walls that swallow everything has under Sabine's formula."""


@dataclass(frozen=True, slots=True)
class Room:
    """A box with one corner at the origin.

    Args:
        size: width (x), length (y) and height (z), m.
        absorption: share of the energy each wall swallows, in the order of `WALLS`; 0 reflects all, 1 nothing.

    Raises:
        UserError: a size that is not positive, an absorption outside [0, 1].

    >>> round(Room((5.0, 4.0, 3.0), (0.2,) * 6).sabine_rt60, 3)
    0.514
    """

    size: tuple[float, float, float]
    absorption: tuple[float, float, float, float, float, float]

    def __post_init__(self) -> None:
        if not all(0 < side < math.inf for side in self.size):
            raise UserError(f"a room of {_metres(self.size)}: all three sides must be above 0 m")
        for wall, share in zip(WALLS, self.absorption, strict=True):
            if not 0 <= share <= 1:
                raise UserError(f"absorption {share:g} of the wall {wall}: it is a share between 0 and 1")

    @classmethod
    def with_rt60(cls, size: tuple[float, float, float], rt60: float) -> Room:
        """The room with six equal walls whose RT60 by Sabine's formula is `rt60` seconds.

        The RT60 that is measured in its responses may differ, as the formula supposes a diffuse field: flat rooms ring
        longer, dry ones shorter.

        Raises:
            UserError: the time is not above 0 s or longer than 5 s.
            UnreachableRT60: walls that swallow everything would still give a longer one.

        >>> Room.with_rt60((5.0, 4.0, 3.0), 0.5).absorption[0].__round__(3)
        0.206
        """
        if not 0 < rt60 <= LONGEST_RT60_SECONDS:
            raise UserError(f"RT60 of {rt60:g} s: give one above 0 and up to {LONGEST_RT60_SECONDS:g} s")
        dry = cls(size, (1.0,) * 6)
        share = dry.sabine_rt60 / rt60
        if share > 1:
            raise UnreachableRT60(
                f"RT60 of {rt60:g} s in a room of {_metres(size)}: even walls that swallow everything give "
                f"{dry.sabine_rt60:.3f} s under Sabine's formula; ask for more or make the room smaller"
            )
        return cls(size, (share,) * 6)

    @property
    def volume(self) -> float:
        """m³."""
        return math.prod(self.size)

    @property
    def wall_areas(self) -> tuple[float, ...]:
        """m², in the order of `WALLS`."""
        width, length, height = self.size
        return (length * height,) * 2 + (width * height,) * 2 + (width * length,) * 2

    @property
    def sabine_rt60(self) -> float:
        """Seconds by Sabine's formula; infinite when no wall swallows anything."""
        swallowed = sum(area * share for area, share in zip(self.wall_areas, self.absorption, strict=True))
        return SABINE * self.volume / swallowed if swallowed else math.inf

    @property
    def reflections(self) -> tuple[float, ...]:
        """What is left of the pressure after each wall: positive, sqrt(1 - absorption), in the order of `WALLS`."""
        return tuple(math.sqrt(1 - share) for share in self.absorption)


def _metres(size: tuple[float, float, float]) -> str:
    return " x ".join(f"{side:.3g}" for side in size) + " m"
