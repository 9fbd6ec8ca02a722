"""A shoebox room: its size and how much sound each of its six walls swallows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from data_sim.materials import material
from data_sim.octaves import OCTAVES_HZ, audible_octaves
from lightning_sepcl.errors import UserError

SPEED_OF_SOUND = 343.0
"""m/s, at 20 °C; the value that pyroomacoustics and gpuRIR use too."""

LONGEST_RT60_SECONDS = 5.0
"""Beyond it a room has so many images (their number grows with the cube) that simulating them is hardly meant."""

WALLS = ("west", "east", "south", "north", "floor", "ceiling")
"""x = 0, x = width, y = 0, y = length, z = 0, z = height."""

SABINE = 24 * math.log(10) / SPEED_OF_SOUND
"""s/m: RT60 = SABINE * volume / (surface * absorption)."""


Share = float | tuple[float, ...]
"""Of the energy: one for all frequencies, or one for each of `OCTAVES_HZ`."""


class UnreachableRT60(UserError):
    """An RT60 shorter than even a room with walls that swallow everything has under Sabine's formula."""


@dataclass(frozen=True, slots=True)
class Room:
    """A box with one corner at the origin.

    Args:
        size: width (x), length (y) and height (z), m.
        absorption: share of the energy each wall swallows, in the order of `WALLS`; 0 reflects all, 1 nothing. A wall
            may have one for each octave from 125 Hz to 8 kHz instead.

    Raises:
        UserError: a size that is not positive, an absorption outside [0, 1], another number of octaves than seven.

    >>> round(Room((5.0, 4.0, 3.0), (0.2,) * 6).sabine_rt60, 3)
    0.514
    """

    size: tuple[float, float, float]
    absorption: tuple[Share, Share, Share, Share, Share, Share]

    def __post_init__(self) -> None:
        if not all(0 < side < math.inf for side in self.size):
            raise UserError(f"a room of {_metres(self.size)}: all three sides must be above 0 m")
        for wall, shares in zip(WALLS, self.absorption, strict=True):
            if isinstance(shares, tuple) and len(shares) != len(OCTAVES_HZ):
                raise UserError(f"{len(shares)} absorptions of the wall {wall}: give one, or one for each of 7 octaves")
            for share in shares if isinstance(shares, tuple) else (shares,):
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

    @classmethod
    def of_materials(cls, size: tuple[float, float, float], materials: str | Sequence[str]) -> Room:
        """The room with walls of named materials, whose absorption differs by octave.

        Args:
            size: m.
            materials: a name in `MATERIALS` for all walls, or one for each in the order of `WALLS`.

        Raises:
            UserError: an unknown material, or another number than six.

        >>> Room.of_materials((5.0, 4.0, 3.0), "wood").octave(3).absorption[0]     # 1 kHz
        0.09
        """
        names = [materials] * len(WALLS) if isinstance(materials, str) else list(materials)
        if len(names) != len(WALLS):
            raise UserError(f"{len(names)} materials: give one for all walls, or six, for {', '.join(WALLS)}")
        west, east, south, north, floor, ceiling = (material(name) for name in names)
        return cls(size, (west, east, south, north, floor, ceiling))

    @property
    def has_octaves(self) -> bool:
        """Whether any wall's absorption differs by octave."""
        return any(isinstance(shares, tuple) for shares in self.absorption)

    def octave(self, number: int) -> Room:
        """The room as one of its octaves hears it, counted from 125 Hz."""
        west, east, south, north, floor, ceiling = (
            shares[number] if isinstance(shares, tuple) else shares for shares in self.absorption
        )
        return Room(self.size, (west, east, south, north, floor, ceiling))

    def bands(self, sample_rate: int) -> list[Room]:
        """The room itself, or where walls differ by octave a room for each octave that the sample rate can hold."""
        return [self.octave(i) for i in range(audible_octaves(sample_rate))] if self.has_octaves else [self]

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
        """Seconds by Sabine's formula, in the octave that rings longest; infinite when no wall swallows anything."""
        return max(
            SABINE * self.volume / swallowed if swallowed else math.inf
            for swallowed in (
                sum(area * share for area, share in zip(self.wall_areas, shares, strict=True))
                for shares in self._by_octave()
            )
        )

    @property
    def mid_rt60(self) -> float:
        """Mean of the seconds by Sabine's formula in the octaves of 500 Hz and 1 kHz."""
        low, high = OCTAVES_HZ.index(500.0), OCTAVES_HZ.index(1000.0)
        return (self.octave(low).sabine_rt60 + self.octave(high).sabine_rt60) / 2

    @property
    def mid_absorption(self) -> float:
        """Share of the energy that all walls swallow on average, so that Sabine's formula gives `mid_rt60`."""
        return SABINE * self.volume / (sum(self.wall_areas) * self.mid_rt60)

    @property
    def reflections(self) -> tuple[float, ...]:
        """What is left of the pressure after each wall: positive, sqrt(1 - absorption), in the order of `WALLS`.

        Raises:
            UserError: it differs by octave; each of `bands` has its own.
        """
        if self.has_octaves:
            raise UserError("the absorption of these walls differs by octave: choose the engine exact or fast")
        (shares,) = self._by_octave()
        return tuple(math.sqrt(1 - share) for share in shares)

    def _by_octave(self) -> list[tuple[float, ...]]:
        """The shares of all walls, octave by octave; once where they do not differ."""
        columns = [shares if isinstance(shares, tuple) else (shares,) * len(OCTAVES_HZ) for shares in self.absorption]
        rows = list(zip(*columns, strict=True))
        return rows if self.has_octaves else rows[:1]


def _metres(size: tuple[float, float, float]) -> str:
    return " x ".join(f"{side:.3g}" for side in size) + " m"
