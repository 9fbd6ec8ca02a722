import math

import pytest
import torch

from data_sim.trajectory import Trajectory
from lightning_sepcl.errors import UserError

CORNER = [(1.0, 1.0, 1.0), (4.0, 5.0, 1.0), (4.0, 5.0, 3.0)]


def test_at_constant_speed_around_a_corner():
    way = Trajectory.at_speed(CORNER, 2.0)
    assert way.length == 7
    assert way.seconds.tolist() == [0, 2.5, 3.5]
    found = way.at(torch.tensor([-1.0, 0.0, 1.25, 3.0, 9.0]))
    expected = [CORNER[0], CORNER[0], (2.5, 3.0, 1.0), (4.0, 5.0, 2.0), CORNER[2]]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
    assert way.travelled(torch.tensor([0.0, 1.0, 3.0, 99.0])).tolist() == [0, 2, 6, 7]


def test_times_and_a_rest():
    way = Trajectory.at_times(
        [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (1.0, 0.0, 1.0), (1.0, 2.0, 1.0)], [0.0, 1.0, 3.0, 4.0]
    )
    assert way.at(torch.tensor([2.0]))[0].tolist() == [1, 0, 1]
    assert way.travelled(torch.tensor([1.0, 2.0, 3.0, 3.5])).tolist() == [1, 1, 1, 2]
    places, step = way.places(0.5)
    assert step == 0.5
    expected = [(0, 0, 1), (0.5, 0, 1), (1, 0, 1), (1, 0.5, 1), (1, 1, 1), (1, 1.5, 1), (1, 2, 1)]
    torch.testing.assert_close(places, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("spacing", [0.01, 0.3, 50.0])
def test_places_are_on_the_way_and_near_enough(spacing):
    places, step = Trajectory.at_speed(CORNER, 1.0).places(spacing)
    assert step <= spacing
    assert places[0].tolist() == [1, 1, 1]
    assert places[-1].tolist() == pytest.approx([4, 5, 3])
    assert len(places) == round(7 / step) + 1


def test_one_place_does_not_move():
    way = Trajectory.at_times([(1.0, 2.0, 1.0)], [0.0])
    assert way.length == 0
    assert len(way.places(0.01)[0]) == 1


def test_what_is_no_way():
    with pytest.raises(UserError, match=r"speed of 0 m/s"):
        Trajectory.at_speed(CORNER, 0.0)
    with pytest.raises(UserError, match="must rise"):
        Trajectory.at_times(CORNER, [0.0, 1.0, 1.0])
    with pytest.raises(UserError, match="3 points and 2 times"):
        Trajectory.at_times(CORNER, [0.0, 1.0])
    with pytest.raises(UserError, match="NaN"):
        Trajectory.at_times([(1.0, 1.0, math.nan)], [0.0])
