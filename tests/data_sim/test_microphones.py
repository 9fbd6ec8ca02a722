import math

import pytest
import torch

from data_sim.microphones import Microphones, circular, given, tetrahedral
from lightning_sepcl.errors import UserError


def test_circle_is_counter_clockwise_from_x():
    offsets = circular((2.0, 3.0, 1.0), 4, 0.1).positions - torch.tensor([2.0, 3.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([(0.05, 0, 0), (0, 0.05, 0), (-0.05, 0, 0), (0, -0.05, 0)], dtype=torch.float64)
    torch.testing.assert_close(offsets, expected, atol=1e-12, rtol=0)


def test_a_turned_circle():
    first = circular((0.0, 0.0, 0.0), 3, 2.0, turned_deg=30.0).positions[0]
    torch.testing.assert_close(first, torch.tensor([math.sqrt(0.75), 0.5, 0.0], dtype=torch.float64))


def test_tetrahedron_has_six_equal_edges_and_the_directions_of_dcase():
    array = tetrahedral((1.0, 1.0, 1.0), 0.084)
    offsets = array.positions - 1
    torch.testing.assert_close(torch.pdist(offsets), torch.full((6,), 0.042 * math.sqrt(8 / 3), dtype=torch.float64))
    azimuth = torch.rad2deg(torch.atan2(offsets[:, 1], offsets[:, 0]))
    elevation = torch.rad2deg(torch.asin(offsets[:, 2] / 0.042))
    assert azimuth.round().tolist() == [45, -45, 135, -135]
    assert elevation.round().tolist() == [35, -35, -35, 35]


def test_centre_and_reach():
    array = given([(1.0, 1.0, 1.0), (2.0, 1.0, 1.0)])
    assert array.centre.tolist() == [1.5, 1, 1]
    assert array.reach == 0.5
    assert len(array) == 2


def test_what_is_no_array():
    with pytest.raises(UserError, match="circular array of 1 microphone: it needs 2 or more"):
        circular((1.0, 1.0, 1.0), 1)
    with pytest.raises(UserError, match="diameter of 0 m"):
        tetrahedral((1.0, 1.0, 1.0), 0.0)
    with pytest.raises(UserError, match="without microphones"):
        given([])
    with pytest.raises(UserError, match="NaN"):
        Microphones(torch.tensor([[math.nan, 1.0, 1.0]]))
