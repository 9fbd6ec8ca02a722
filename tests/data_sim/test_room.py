import math

import pytest

from data_sim.room import WALLS, Room, UnreachableRT60
from lightning_sepcl.errors import UserError


def test_sabine_by_hand():
    room = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
    swallowed = 15 * (0.1 + 0.5) + 18 * (0.25 + 0.35) + 30 * (0.6 + 0.15)
    assert room.sabine_rt60 == pytest.approx(24 * math.log(10) / 343 * 90 / swallowed)


def test_with_rt60_gives_that_rt60_and_equal_walls():
    room = Room.with_rt60((6.0, 5.0, 3.0), 0.4)
    assert room.sabine_rt60 == pytest.approx(0.4)
    assert len(set(room.absorption)) == 1


def test_the_energy_left_and_swallowed_are_one():
    room = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 1.0))
    assert [r**2 + a for r, a in zip(room.reflections, room.absorption, strict=True)] == pytest.approx([1] * 6)


def test_walls_that_swallow_nothing_ring_for_ever():
    assert Room((3.0, 3.0, 3.0), (0.0,) * 6).sabine_rt60 == math.inf


@pytest.mark.parametrize("rt60", [0.0, -1.0, 10.0, math.nan])
def test_impossible_times(rt60):
    with pytest.raises(UserError, match=r"RT60 of .* above 0 and up to 5 s"):
        Room.with_rt60((5.0, 4.0, 3.0), rt60)


def test_too_dry_for_sabine():
    with pytest.raises(UnreachableRT60, match=r"even walls that swallow everything give 0\.103 s"):
        Room.with_rt60((5.0, 4.0, 3.0), 0.05)


@pytest.mark.parametrize("size", [(0.0, 4.0, 3.0), (5.0, -4.0, 3.0), (5.0, 4.0, math.inf)])
def test_no_such_room(size):
    with pytest.raises(UserError, match="three sides must be above 0"):
        Room(size, (0.2,) * 6)


@pytest.mark.parametrize("wall", range(6))
def test_absorption_is_a_share(wall):
    shares = [0.2] * 6
    shares[wall] = 1.2
    with pytest.raises(UserError, match=f"1.2 of the wall {WALLS[wall]}"):
        Room((5.0, 4.0, 3.0), tuple(shares))
