import math

import pytest
import torch

from data_sim.microphones import circular, given
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

ROOM = Room.with_rt60((5.0, 4.0, 3.0), 0.3)
ARRAY = circular((2.0, 2.0, 1.0))


def at(*position):
    return torch.tensor([position], dtype=torch.float64)


@pytest.mark.parametrize(
    ("position", "azimuth", "elevation", "distance"),
    [((3, 2, 1), 0, 0, 1), ((2, 3, 1), 90, 0, 1), ((1, 1, 1), -135, 0, math.sqrt(2)), ((3, 2, 2), 0, 45, math.sqrt(2))],
)
def test_directions(position, azimuth, elevation, distance):
    found = Scene(ROOM, at(*position), ARRAY).directions[0].tolist()
    assert found == pytest.approx([azimuth, elevation, distance], abs=1e-9)


@pytest.mark.parametrize("position", [(5.1, 2, 1), (2, 0, 1), (2, 2, -1), (math.nan, 2, 1)])
def test_sources_outside_the_room(position):
    with pytest.raises(UserError, match=r"source 0 at .* is outside the room, which reaches from .* to \(5, 4, 3\) m"):
        Scene(ROOM, at(*position), ARRAY)


def test_microphones_outside_the_room():
    with pytest.raises(UserError, match=r"microphone 1 at \(6, 1, 1\) is outside"):
        Scene(ROOM, at(1, 1, 1), given([(1.0, 1.0, 2.0), (6.0, 1.0, 1.0)]))


def test_a_source_on_a_microphone():
    with pytest.raises(UserError, match=r"0\.5 cm from a microphone"):
        Scene(ROOM, at(2.055, 2, 1), ARRAY)


def test_no_source():
    with pytest.raises(UserError, match="without sources"):
        Scene(ROOM, torch.zeros(0, 3), ARRAY)


def test_length():
    scene = Scene(ROOM, at(3, 2, 1), ARRAY)
    assert scene.samples(16000, None) == math.ceil(ROOM.sabine_rt60 * 16000)
    assert scene.samples(8000, 0.25) == 2000
    dry = Scene(Room((30.0, 1.0, 1.0), (1.0,) * 6), at(1, 0.5, 0.5), given([(29.0, 0.5, 0.5)]))
    assert dry.room.sabine_rt60 < dry.natural_seconds == 28 / 343 + 0.01


def test_lengths_that_make_no_sense():
    scene = Scene(ROOM, at(3, 2, 1), ARRAY)
    with pytest.raises(UserError, match="the first sound arrives after"):
        scene.samples(16000, 0.001)
    ringing = Scene(Room((5.0, 4.0, 3.0), (0.0,) * 6), at(3, 2, 1), ARRAY)
    with pytest.raises(UserError, match="rings for inf s"):
        ringing.samples(16000, None)
    assert ringing.samples(16000, 0.1) == 1600
