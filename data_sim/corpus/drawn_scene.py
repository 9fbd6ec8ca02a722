"""The draw of a scene: room, RT60, array and source from the rules of a configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from data_sim.corpus.configuration import Configuration, Range
from data_sim.microphones import Point, circular
from data_sim.room import Room, UnreachableRT60
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

MOST_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class DrawnScene:
    """A scene and what was asked of it.

    Attributes:
        number: of the scene in its corpus.
        scene: one source, the array.
        rt60: seconds asked, by Sabine's formula.
        redrawn: rooms thrown away before, as their RT60 was impossible under Sabine's formula.
    """

    number: int
    scene: Scene
    rt60: float
    redrawn: int


def drawn_scene(configuration: Configuration, number: int) -> DrawnScene:
    """Scene `number`: always the same for the same rules and seed, whatever else is drawn.

    Raises:
        UserError: the rules leave no room for a scene.
    """
    generator = np.random.default_rng([configuration.seed, number])
    room, rt60, redrawn = _room(configuration, generator)
    centre, source = _positions(configuration, room, generator)
    array = circular(centre, configuration.array.microphones, configuration.array.diameter_m)
    seed = int(generator.integers(2**31))
    return DrawnScene(number, Scene(room, torch.tensor([source], dtype=torch.float64), array, seed), rt60, redrawn)


def _room(configuration: Configuration, generator: np.random.Generator) -> tuple[Room, float, int]:
    rules = configuration.room
    for redrawn in range(MOST_DRAWS):
        size = _one(generator, rules.width_m), _one(generator, rules.length_m), _one(generator, rules.height_m)
        rt60 = _one(generator, rules.rt60_s)
        try:
            return Room.with_rt60(size, rt60), rt60, redrawn
        except UnreachableRT60:
            continue
    raise UserError(
        f"{MOST_DRAWS} rooms were drawn and none can have its RT60 under Sabine's formula: "
        "ask for longer room.rt60_s, or for smaller rooms"
    )


def _positions(configuration: Configuration, room: Room, generator: np.random.Generator) -> tuple[Point, Point]:
    """Centre of the array, and source; both anew until they are far enough apart."""
    margin = configuration.source.from_walls_m
    for _ in range(MOST_DRAWS):
        centre, source = (
            (
                _one(generator, (margin, room.size[0] - margin)),
                _one(generator, (margin, room.size[1] - margin)),
                _one(generator, heights),
            )
            for heights in (configuration.array.height_m, configuration.source.height_m)
        )
        if math.dist(centre, source) >= configuration.source.from_array_m:
            return centre, source
    raise UserError(
        f"no place {configuration.source.from_array_m:g} m from the array was found in a room of "
        f"{room.size[0]:.2f} x {room.size[1]:.2f} m: lower source.from_array_m, or make the rooms larger"
    )


def _one(generator: np.random.Generator, between: Range) -> float:
    return float(generator.uniform(*between))
