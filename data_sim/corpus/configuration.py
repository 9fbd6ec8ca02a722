"""What a corpus is made of: a TOML file with a few numbers, checked before anything is simulated."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from data_sim.directivity import PATTERNS
from data_sim.engines import ENGINES, ON_DEVICE
from data_sim.materials import material
from data_sim.microphones import Microphones, Point, circular, given, tetrahedral
from data_sim.room import LONGEST_RT60_SECONDS
from lightning_sepcl.errors import UserError

Range = tuple[float, float]
"""Drawn evenly between the two."""

Names = tuple[str, ...]

Points = tuple[Point, ...]

FORMATS = ("flac", "wav")
SHAPES = ("circular", "tetrahedral")
CORNERS = 4
"""Of a tetrahedron."""

LATER_KEYS = {
    "": ("seconds", "device"),
    "room": ("walls", "floor", "ceiling"),
    "array": ("pattern", "shape", "positions_m"),
    "source": ("count", "second_db", "moving", "speed_m_s", "spacing_m"),
}
"""Keys that there were not from the beginning: corpora begun before go on, as their defaults change nothing."""


@dataclass(frozen=True, slots=True)
class RoomRules:
    """What rooms are drawn. Source: MC-SimCLR, section 4.1.

    Attributes:
        width_m, length_m, height_m: inside.
        rt60_s: by Sabine's formula; of rooms with materials, the mean of the octaves of 500 Hz and 1 kHz, which has to
            come out within.
        walls: materials that the four walls are drawn from, one for all four; none: all surfaces swallow alike, as
            much as the RT60 asks.
        floor: materials of the floor.
        ceiling: materials of the ceiling.
    """

    width_m: Range = (3.0, 10.0)
    length_m: Range = (3.0, 10.0)
    height_m: Range = (2.5, 4.0)
    rt60_s: Range = (0.1, 1.0)
    walls: Names = ()
    floor: Names = ()
    ceiling: Names = ()

    @property
    def has_materials(self) -> bool:
        """Whether absorption follows from materials, octave by octave."""
        return bool(self.walls)


@dataclass(frozen=True, slots=True)
class ArrayRules:
    """The array and its height. Source: MC-SimCLR, section 4.1: the circle; that it is never turned is ours.

    Attributes:
        microphones: how many, evenly on the circle; a tetrahedron has 4.
        diameter_m: of the circle, or of the sphere through the tetrahedron's corners.
        height_m: of the array's centre above the floor.
        pattern: a name in `PATTERNS`; microphones that are not omnidirectional point outwards.
        shape: a name in `SHAPES`.
        positions_m: x, y and z of each microphone of an array of your own, instead of shape, number and diameter; their
            mean comes to the place that is drawn.
    """

    microphones: int = 4
    diameter_m: float = 0.1
    height_m: Range = (0.5, 2.0)
    pattern: str = "omni"
    shape: str = "circular"
    positions_m: Points = ()

    @property
    def count(self) -> int:
        """How many microphones there are."""
        return len(self.positions_m) or self.microphones

    @property
    def reach_m(self) -> float:
        """Distance from the centre to the outermost microphone."""
        return given(list(self.positions_m)).reach if self.positions_m else self.diameter_m / 2

    def around(self, centre: Point) -> Microphones:
        """The array there.

        Raises:
            UserError: a microphone in the very centre is to point outwards.
        """
        if self.positions_m:
            own = given(list(self.positions_m))
            array = Microphones(own.positions - own.centre + torch.tensor(centre, dtype=torch.float64))
        elif self.shape == "tetrahedral":
            array = tetrahedral(centre, self.diameter_m)
        else:
            array = circular(centre, self.microphones, self.diameter_m)
        return array if self.pattern == "omni" else array.directed(self.pattern)


@dataclass(frozen=True, slots=True)
class SourceRules:
    """How many sources there are, where they may be, and whether they move. Source: MC-SimCLR, section 4.1.

    Attributes:
        height_m: above the floor.
        from_walls_m: least distance from any wall, also of the array's centre.
        from_array_m: least distance from the array's centre, on the whole way.
        count: 1, or 2 that begin at once: the second plays another recording, from another place.
        second_db: level of the second recording beside that of the first, as they are played.
        moving: share of the sources that move, straight to another place, and stay there.
        speed_m_s: of those.
        spacing_m: between the places on the way whose responses are computed; c / (4 spacing) is the frequency up to
            which sound is right on the way.
    """

    height_m: Range = (0.5, 2.0)
    from_walls_m: float = 0.5
    from_array_m: float = 0.5
    count: int = 1
    second_db: Range = (-5.0, 5.0)
    moving: float = 0.0
    speed_m_s: Range = (0.2, 1.5)
    spacing_m: float = 0.02


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that decides how the scenes of a corpus sound.

    Attributes:
        recordings: folder of sounds to be heard in the rooms; the folder a file lies in is its class.
        scenes: how many; 0: one for each recording. Scene i plays recording i, and begins anew after the last.
        seed: of all that is drawn.
        sample_rate: Hz.
        engine: a name in `ENGINES`.
        device: of the engines exact and fast: cpu, or cuda for an NVIDIA GPU.
        format: of the files, 16 bits: flac or wav.
        peak: largest sample of each file, of full scale 1.
        seconds: length of every file: the loudest stretch of a recording is played, shorter ones are followed by
            silence, and what rings on is cut; 0: whole recordings, with the tail behind them.
        shard_scenes: scenes in a folder; decides where a scene lies, not how it sounds.
        room, array, source: rules for drawing.
    """

    recordings: str
    scenes: int = 0
    seed: int = 0
    sample_rate: int = 16_000
    engine: str = "exact"
    device: str = "cpu"
    format: str = "flac"
    peak: float = 0.5
    seconds: float = 0.0
    shard_scenes: int = 500
    room: RoomRules = field(default_factory=RoomRules)
    array: ArrayRules = field(default_factory=ArrayRules)
    source: SourceRules = field(default_factory=SourceRules)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("scenes", 0, 10**9), ("seed", 0, 2**31), ("sample_rate", 2000, 192_000), ("shard_scenes", 1, 10**6),
        ):  # fmt: skip
            _within(name, getattr(self, name), low, high)
        _one_of("engine", self.engine, ENGINES)
        if self.device != "cpu" and self.engine not in ON_DEVICE:
            raise UserError(
                f"device = {self.device!r} is for the engines {' and '.join(ON_DEVICE)}: "
                f"leave it out with {self.engine}"
            )
        _one_of("format", self.format, FORMATS)
        _within("peak", self.peak, 1e-4, 1.0)
        _within("seconds", self.seconds, 0.0, 3600.0)
        self._check_array()
        _within("source.count", self.source.count, 1, 2)
        _within("source.moving", self.source.moving, 0.0, 1.0)
        _within("source.spacing_m", self.source.spacing_m, 0.001, 1.0)
        self._check_ranges()
        self._check_materials()

    def _check_array(self) -> None:
        array, most = self.array, 8 if self.format == "flac" else 1024
        _one_of("array.shape", array.shape, SHAPES)
        _one_of("array.pattern", array.pattern, PATTERNS)
        if array.positions_m:
            self._check_positions(most)
        else:
            _within("array.microphones", array.microphones, 2, most)
            _within("array.diameter_m", array.diameter_m, 1e-3, 2 * self.source.from_walls_m)
            if array.shape == "tetrahedral" and array.microphones != CORNERS:
                raise UserError(f"array.microphones is {array.microphones}: a tetrahedral array has {CORNERS}")
        _within("source.from_array_m", self.source.from_array_m, array.reach_m + 0.02, 100.0)
        try:
            array.around((0.0, 0.0, 0.0))
        except UserError as error:
            raise UserError(f"array.pattern = {array.pattern!r}: {error}") from error

    def _check_positions(self, most: int) -> None:
        array, usual = self.array, ArrayRules()
        for name in ("shape", "microphones", "diameter_m"):
            if getattr(array, name) != getattr(usual, name):
                raise UserError(f"array.positions_m says where the microphones are: leave array.{name} out")
        if not 2 <= array.count <= most:
            raise UserError(
                f"array.positions_m has {array.count} microphone{'s' * (array.count != 1)}: "
                f"{self.format} files hold 2 to {most}"
            )
        if len(set(array.positions_m)) < array.count:
            raise UserError("array.positions_m has two microphones in one place")
        if array.reach_m > self.source.from_walls_m:
            raise UserError(
                f"array.positions_m reaches {array.reach_m:g} m from its centre, which may come as near as "
                f"{self.source.from_walls_m:g} m to a wall: raise source.from_walls_m, or give positions in metres"
            )

    def _check_ranges(self) -> None:
        margin = 2 * self.source.from_walls_m
        for name in ("width_m", "length_m", "height_m"):
            _range(f"room.{name}", getattr(self.room, name), margin, 100.0)
        _range("room.rt60_s", self.room.rt60_s, 0.0, LONGEST_RT60_SECONDS)
        _range("source.speed_m_s", self.source.speed_m_s, 0.0, 100.0)
        _range("source.second_db", self.source.second_db, -100.0, 100.0, inclusive=True)
        for name, rules in (("array", self.array), ("source", self.source)):
            _range(f"{name}.height_m", rules.height_m, self.source.from_walls_m, 100.0, inclusive=True)
            if rules.height_m[1] > self.room.height_m[0] - self.source.from_walls_m:
                raise UserError(
                    f"{name}.height_m up to {rules.height_m[1]:g} m is nearer than {self.source.from_walls_m:g} m to "
                    f"the ceiling of the lowest room, {self.room.height_m[0]:g} m: lower it, or make the rooms higher"
                )

    def _check_materials(self) -> None:
        surfaces = self.room.walls, self.room.floor, self.room.ceiling
        for names in surfaces:
            for name in names:
                material(name)
        if any(surfaces) and not all(surfaces):
            raise UserError("room.walls, room.floor and room.ceiling go together: name materials for all three or none")

    @property
    def fingerprint(self) -> str:
        """Equal for configurations whose scenes sound and lie alike; the folder of the recordings may have moved."""
        values = {key: value for key, value in asdict(self).items() if key != "recordings"}
        plain = {"seconds": 0.0, "device": "cpu"}
        for part, keys in LATER_KEYS.items():
            table, usual = (values[part], asdict(_PARTS[part]())) if part else (values, plain)
            for key in keys:
                if table[key] == usual[key]:
                    del table[key]
        text = json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_PARTS: Mapping[str, type[Any]] = {"room": RoomRules, "array": ArrayRules, "source": SourceRules}


def read_configuration(path: Path) -> Configuration:
    """The configuration in a TOML file; a relative `recordings` starts from the folder of the file, and environment
    variables in it, such as `$SEPCL_DATA`, are filled in.

    Raises:
        UserError: no such file, not TOML, an unknown or missing key, a value that cannot be.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML: {error}") from error
    try:
        if "recordings" not in values:
            raise UserError("recordings is missing: name the folder of the sounds")
        found: Configuration = _built(Configuration, values, "")
        return _rooted(found, path)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _rooted(found: Configuration, path: Path) -> Configuration:
    written = os.path.expandvars(found.recordings)
    if "$" in written:
        raise UserError(f"recordings = {found.recordings!r} names an environment variable that is not set")
    folder = (path.parent / Path(written).expanduser()).resolve()
    values = {part.name: getattr(found, part.name) for part in fields(found)}
    return Configuration(**{**values, "recordings": str(folder)})


def _built(kind: type[Any], values: Mapping[str, Any], prefix: str) -> Any:
    """An instance of `kind`; its fields tell which types are meant."""
    known = {part.name: part for part in fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            meant = f"; did you mean {prefix}{near[0]}?" if near else f"; there are: {', '.join(known)}"
            raise UserError(f"no key {prefix}{key}{meant}")
    return kind(**{key: _value(prefix + key, str(known[key].type), value) for key, value in values.items()})


def _value(name: str, kind: str, value: Any) -> Any:
    if name in _PARTS:
        if not isinstance(value, dict):
            raise UserError(f"{name} must be a table: [{name}]")
        return _built(_PARTS[name], value, f"{name}.")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "Range":
        if not (isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)):
            raise UserError(f"{name} must be two numbers, [from, to], not {value!r}")
        return float(value[0]), float(value[1])
    if kind == "Points":
        if not (isinstance(value, list) and all(_is_point(point) for point in value)):
            raise UserError(f"{name} must be a list of places in metres, [[x, y, z], ...], not {value!r}")
        return tuple((float(x), float(y), float(z)) for x, y, z in value)
    if kind == "Names":
        if not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
            raise UserError(f"{name} must be a list of names, not {value!r}")
        return tuple(value)
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "int" and number and float(value).is_integer():
        return int(value)
    if kind == "float" and number:
        return float(value)
    wanted = {"str": "a text", "int": "a whole number", "float": "a number"}[kind]
    raise UserError(f"{name} must be {wanted}, not {value!r}")


def _is_point(value: Any) -> bool:
    numbers = isinstance(value, list) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
    return numbers and len(value) == 3 and all(math.isfinite(x) for x in value)


def _within(name: str, value: int | float, low: int | float, high: int | float) -> None:
    if not low <= value <= high:
        raise UserError(f"{name} is {value:g}: it must lie between {low:g} and {high:g}")


def _range(name: str, value: Range, low: float, high: float, *, inclusive: bool = False) -> None:
    first, last = value
    enough = low <= first if inclusive else low < first
    if not (enough and first <= last <= high and math.isfinite(last)):
        border = "from" if inclusive else "above"
        raise UserError(f"{name} is [{first:g}, {last:g}]: it must rise, {border} {low:g} and up to {high:g}")


def _one_of(name: str, value: str, names: Mapping[str, Any] | tuple[str, ...]) -> None:
    if value not in names:
        near = difflib.get_close_matches(value, list(names), n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        raise UserError(f"no {name} {value!r}; {meant}")
