"""The draw of a scene: room, RT60, array and sources from the rules of a configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from data_sim.corpus.configuration import Configuration, Range
from data_sim.microphones import Point
from data_sim.room import LONGEST_RT60_SECONDS, Room, UnreachableRT60
from data_sim.scene import Scene
from data_sim.trajectory import Trajectory
from lightning_sepcl.errors import UserError

MOST_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class DrawnScene:
    """A scene and what was asked of it.

    Attributes:
        number: of the scene in its corpus.
        scene: the sources where they begin, and the array.
        rt60: seconds, by Sabine's formula: asked, or of the materials in the octaves of 500 Hz and 1 kHz.
        redrawn: rooms thrown away before, as their RT60 was impossible under Sabine's formula or not among those asked.
        ways: of the sources; a source that rests has a single point.
        materials: of walls, floor and ceiling, where they are drawn.
        second: from 0 to below 1, which recording a second source plays.
        second_db: its level beside the first.
    """

    number: int
    scene: Scene
    rt60: float
    redrawn: int
    ways: tuple[Trajectory, ...]
    materials: tuple[str, ...] = ()
    second: float = 0.0
    second_db: float = 0.0


def drawn_scene(configuration: Configuration, number: int) -> DrawnScene:
    """Scene `number`: always the same for the same rules and seed, whatever else is drawn.

    Raises:
        UserError: the rules leave no room for a scene.
    """
    rules = configuration.source
    generator = np.random.default_rng([configuration.seed, number])
    room, materials, rt60, redrawn = _room(configuration, generator)
    centre, source = _positions(configuration, room, generator)
    array = configuration.array.around(centre)
    seed = int(generator.integers(2**31))
    # A generator of its own for what may be left out, so that the rest is the same with and without it.
    generator = np.random.default_rng([configuration.seed, number, 1])
    sources = [source] + [_place(configuration, room, centre, None, generator) for _ in range(rules.count - 1)]
    second, second_db = float(generator.uniform()), _one(generator, rules.second_db)
    ways = tuple(_way(configuration, room, centre, place, generator) for place in sources)
    scene = Scene(room, torch.tensor(sources, dtype=torch.float64), array, seed)
    return DrawnScene(number, scene, rt60, redrawn, ways, materials, second, second_db)


def _room(configuration: Configuration, generator: np.random.Generator) -> tuple[Room, tuple[str, ...], float, int]:
    rules = configuration.room
    for redrawn in range(MOST_DRAWS):
        size = _one(generator, rules.width_m), _one(generator, rules.length_m), _one(generator, rules.height_m)
        if rules.has_materials:
            walls, floor, ceiling = (str(generator.choice(m)) for m in (rules.walls, rules.floor, rules.ceiling))
            room = Room.of_materials(size, [walls] * 4 + [floor, ceiling])
            rt60 = room.mid_rt60
            if rules.rt60_s[0] <= rt60 <= rules.rt60_s[1] and room.sabine_rt60 <= LONGEST_RT60_SECONDS:
                return room, (walls, floor, ceiling), rt60, redrawn
            continue
        rt60 = _one(generator, rules.rt60_s)
        try:
            return Room.with_rt60(size, rt60), (), rt60, redrawn
        except UnreachableRT60:
            continue
    why = (
        "none of these materials has one of room.rt60_s: ask for other times, or other materials"
        if rules.has_materials
        else "none can have its RT60 under Sabine's formula: ask for longer room.rt60_s, or for smaller rooms"
    )
    raise UserError(f"{MOST_DRAWS} rooms were drawn and {why}")


def _positions(configuration: Configuration, room: Room, generator: np.random.Generator) -> tuple[Point, Point]:
    """Centre of the array, and source; both anew until they are far enough apart."""
    for _ in range(MOST_DRAWS):
        centre = _point(configuration, room, configuration.array.height_m, generator)
        source = _point(configuration, room, configuration.source.height_m, generator)
        if math.dist(centre, source) >= configuration.source.from_array_m:
            return centre, source
    raise _no_place(configuration, room)


def _way(
    configuration: Configuration, room: Room, centre: Point, start: Point, generator: np.random.Generator
) -> Trajectory:
    """Straight to another place, or no way at all."""
    if generator.uniform() >= configuration.source.moving:
        return Trajectory.at_times([start], [0.0])
    speed = _one(generator, configuration.source.speed_m_s)
    return Trajectory.at_speed([start, _place(configuration, room, centre, start, generator)], speed)


def _place(
    configuration: Configuration, room: Room, centre: Point, start: Point | None, generator: np.random.Generator
) -> Point:
    """Where another source may be, or one that comes from `start`: far enough from the array all the way."""
    for _ in range(MOST_DRAWS):
        place = _point(configuration, room, configuration.source.height_m, generator)
        if nearest(centre, start or place, place) >= configuration.source.from_array_m:
            return place
    raise _no_place(configuration, room)


def nearest(point: Point, start: Point, end: Point) -> float:
    """Least distance of a point from the straight way between two others, m.

    >>> nearest((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (5.0, 0.0, 0.0))
    1.0
    """
    way = [b - a for a, b in zip(start, end, strict=True)]
    square = sum(x * x for x in way)
    share = sum((p - a) * x for p, a, x in zip(point, start, way, strict=True)) / square if square else 0.0
    share = min(1.0, max(0.0, share))
    return math.dist(point, [a + share * x for a, x in zip(start, way, strict=True)])


def _point(configuration: Configuration, room: Room, heights: Range, generator: np.random.Generator) -> Point:
    margin = configuration.source.from_walls_m
    x, y = (_one(generator, (margin, side - margin)) for side in room.size[:2])
    return x, y, _one(generator, heights)


def _no_place(configuration: Configuration, room: Room) -> UserError:
    return UserError(
        f"no place {configuration.source.from_array_m:g} m from the array was found in a room of "
        f"{room.size[0]:.2f} x {room.size[1]:.2f} m: lower source.from_array_m, or make the rooms larger"
    )


def _one(generator: np.random.Generator, between: Range) -> float:
    return float(generator.uniform(*between))
