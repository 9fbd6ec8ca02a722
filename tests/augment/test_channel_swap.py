from __future__ import annotations

import math
from itertools import permutations

import pytest
import torch

from data_sim import Room, circular, impulse_responses
from lightning_sepcl.augment import Chain, ChannelSwap, Gain, OneOf
from lightning_sepcl.augment.channel_swap import orders
from lightning_sepcl.evaluation.azimuth_error import azimuth_error, azimuth_of
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from tests.fakes.rooms import far_field


def delays(azimuth_deg: float, turned_deg: float = 0.0) -> torch.Tensor:
    at = torch.deg2rad(turned_deg + 90.0 * torch.arange(4, dtype=torch.float64))
    return -0.05 * torch.cos(at - torch.deg2rad(torch.tensor(azimuth_deg, dtype=torch.float64))) / 343


def turned(azimuth_deg: float, arrangement: int, turned_deg: float = 0.0) -> float:
    params = {"arrangement": torch.tensor([arrangement]), "microphones": torch.tensor([4])}
    out = ChannelSwap(turned_deg).turned(torch.tensor([[azimuth_deg, 20.0, 1.5]], dtype=torch.float64), params)
    assert out[0, 1:].tolist() == [20.0, 1.5]
    return float(out[0, 0])


@pytest.mark.parametrize("turned_deg", [0.0, 45.0, -20.0])
def test_the_azimuth_moves_as_the_delays_of_a_far_source_do(turned_deg):
    for arrangement, order in enumerate(orders(4)):
        for azimuth in (13.0, 77.0, -121.0, 160.0):
            where = turned(azimuth, arrangement, turned_deg)
            torch.testing.assert_close(delays(azimuth, turned_deg)[order], delays(where, turned_deg))


def test_no_other_order_of_four_is_a_turn_or_a_mirror_image():
    def is_one(order):
        return any(torch.allclose(delays(13.0)[list(order)], delays(a)) and torch.allclose(
            delays(77.0)[list(order)], delays(b)) for a, b in [(s * 13.0 + q, s * 77.0 + q) for s in (1, -1)
                                                                for q in (0, 90, 180, 270)])  # fmt: skip

    valid = {order for order in permutations(range(4)) if is_one(order)}
    assert valid == {tuple(row.tolist()) for row in orders(4)}
    assert len(valid) == 8


def test_on_waves_it_is_the_source_from_elsewhere():
    azimuth = torch.tensor([[25.0, 0.0, 1.0]])
    x = far_field(25.0, 1600, seed=0)[None]
    for arrangement in range(8):
        params = {"arrangement": torch.tensor([arrangement]), "microphones": torch.tensor([4])}
        where = float(ChannelSwap().turned(azimuth, params)[0, 0])
        torch.testing.assert_close(ChannelSwap().apply(x, params)[0], far_field(where, 1600, seed=0), atol=1e-5, rtol=0)


def test_all_arrangements_are_drawn_alike():
    plugin = ChannelSwap()
    drawn = plugin.draw(torch.Size((8000, 4, 1)), torch.Generator().manual_seed(0))["arrangement"]
    assert drawn.bincount(minlength=8).float().div(8000).sub(1 / 8).abs().max() < 0.015
    assert plugin.shared_by_views


def test_one_microphone_is_refused():
    with pytest.raises(ValueError, match="2 or more"):
        ChannelSwap().draw(torch.Size((2, 1, 10)), torch.Generator())


def test_azimuths_stay_within_the_circle():
    for arrangement in range(8):
        assert all(-180 <= turned(a, arrangement) < 180 for a in (-180.0, -90.0, 0.0, 90.0, 179.9))


def test_composites_pass_the_turn_on():
    x, direction = torch.randn(64, 4, 5), torch.tensor([[30.0, 0.0, 1.0]]).expand(64, 3)
    for plugin in (Chain([ChannelSwap()]), OneOf([ChannelSwap(), ChannelSwap(90.0)])):
        params = plugin.draw(x.shape, torch.Generator().manual_seed(0))
        where = plugin.turned(direction, params)
        assert len(where[:, 0].unique()) >= 8
    unmoved = Gain().turned(direction, Gain().draw(x.shape, torch.Generator()))
    assert torch.equal(unmoved, direction)
    choice = OneOf([ChannelSwap(), ChannelSwap(90.0)], [1.0, 0.0])
    params = choice.draw(x.shape, torch.Generator().manual_seed(0))
    assert torch.equal(choice.turned(direction, params), ChannelSwap().turned(direction, params["0"]))


def test_a_simulated_recording_is_heard_from_where_the_label_says():
    """A room with echoes: SRP-PHAT finds the source where each arrangement puts it."""
    room, centre = Room.with_rt60((6.0, 5.0, 3.0), 0.3), (3.1, 2.4, 1.3)
    angle = math.radians(25.0)
    source = (centre[0] + 1.5 * math.cos(angle), centre[1] + 1.5 * math.sin(angle), 1.4)
    response = impulse_responses(room, source, circular(centre))[0]
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(0))
    x = torch.fft.irfft(torch.fft.rfft(noise, 16384) * torch.fft.rfft(response, 16384), 16384)[None, :, :8000]
    for arrangement in range(8):
        params = {"arrangement": torch.tensor([arrangement]), "microphones": torch.tensor([4])}
        found = azimuth_of(SRPPHAT(sample_rate=16000)(ChannelSwap().apply(x, params), torch.tensor([8000])))
        assert float(azimuth_error(found, torch.tensor([turned(25.0, arrangement)]))[0]) < 4


def test_two_sources_turn_together():
    params = {"arrangement": torch.tensor([1, 6]), "microphones": torch.tensor([4, 4])}
    both = torch.tensor([[100.0, 20.0, 1.5, -30.0, -5.0, 2.0], [100.0, 20.0, 1.5, torch.nan, torch.nan, torch.nan]])
    out = ChannelSwap().turned(both, params)
    for source in (0, 3):
        torch.testing.assert_close(
            out[:, source : source + 3], ChannelSwap().turned(both[:, source : source + 3], params), equal_nan=True
        )
    assert out[0, 3].item() == 60
