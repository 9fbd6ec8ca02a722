"""The convention: no constant delay, 1 / (4 pi d), positive reflections. All engines that run here keep it."""

import math

import pytest
import torch

from data_sim import ENGINES, Room, circular, given, impulse_responses
from lightning_sepcl.errors import UserError

RATE = 16000
METRE = 343 / RATE  # metres that sound goes in one sample


@pytest.fixture(params=["exact", "fast", "pyroomacoustics"])
def engine(request):
    if request.param == "pyroomacoustics":
        pytest.importorskip("pyroomacoustics")
    return ENGINES[request.param]()


def test_the_direct_sound_of_a_room_without_walls(engine):
    room = Room((10.0, 8.0, 4.0), (1.0,) * 6)
    array = given([(1.0 + 200 * METRE, 1.0, 1.0), (1.0 + 100 * METRE, 1.0, 1.0)])
    response = impulse_responses(room, (1.0, 1.0, 1.0), array, engine=engine, seconds=0.03)
    expected = torch.zeros(1, 2, 480)
    expected[0, 0, 200], expected[0, 1, 100] = (1 / (4 * math.pi * n * METRE) for n in (200, 100))
    torch.testing.assert_close(response, expected, atol=1e-3 * expected.max().item(), rtol=0)


def test_one_wall_reflects_with_its_sign_and_loss(engine):
    """Source and microphone 200 samples apart, 75 samples from the floor: the floor's image is 250 samples away."""
    room = Room((10.0, 9.0, 8.0), (1.0, 1.0, 1.0, 1.0, 0.36, 1.0))
    array = given([(2.0 + 200 * METRE, 4.0, 75 * METRE), (2.0 + 200 * METRE, 4.0, 75 * METRE)])
    response = impulse_responses(room, (2.0, 4.0, 75 * METRE), array, engine=engine, seconds=0.03)[0, 0]
    assert response[250].item() == pytest.approx(0.8 / (4 * math.pi * 250 * METRE), rel=1e-3)
    assert response[200].item() == pytest.approx(1 / (4 * math.pi * 200 * METRE), rel=1e-3)


def test_between_samples_the_sum_of_squares_stays(engine):
    room = Room((10.0, 8.0, 4.0), (1.0,) * 6)
    array = given([(1.0 + n * METRE, 1.0, 1.0) for n in (200.0, 200.25, 200.5)])
    response = impulse_responses(room, (1.0, 1.0, 1.0), array, engine=engine, seconds=0.03)[0]
    energy = response.square().sum(dim=1) * torch.tensor([200.0, 200.25, 200.5]).square()
    assert (energy / energy[0]).tolist() == pytest.approx([1, 1, 1], abs=0.03)  # the window takes a little


def test_axes_and_shapes():
    room = Room.with_rt60((5.0, 4.0, 3.0), 0.3)
    array = circular((3.0, 2.0, 1.2), count=3)
    response = impulse_responses(room, [(1.0, 1.0, 1.5), (4.0, 3.0, 1.0)], array, sample_rate=8000)
    assert response.shape == (2, 3, 2400)
    assert response.dtype == torch.float32
    alone = impulse_responses(room, (4.0, 3.0, 1.0), array, sample_rate=8000)
    torch.testing.assert_close(alone[0], response[1], atol=1e-7, rtol=0)


def test_errors_are_sentences():
    room = Room.with_rt60((5.0, 4.0, 3.0), 0.3)
    with pytest.raises(UserError, match="outside the room"):
        impulse_responses(room, (9.0, 1.0, 1.0), circular((3.0, 2.0, 1.2)))
    with pytest.raises(UserError, match="device 'cuda:99' cannot be used"):
        ENGINES["exact"](device="cuda:99")
    with pytest.raises(UserError, match="device 'gpu' cannot be used"):
        ENGINES["fast"](device="gpu")
