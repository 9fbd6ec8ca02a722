from __future__ import annotations

import os

import pytest
import torch

from lightning_sepcl.audio.gcc_phat import microphone_pairs
from lightning_sepcl.evaluation.azimuth_error import azimuth_error, azimuth_of
from lightning_sepcl.evaluation.srp_phat import SRPPHAT, _steering
from tests.fakes.rooms import far_field
from tests.pyramic import heard, measured


@pytest.mark.parametrize("mics", [3, 4, 6])
def test_a_far_source_is_found_to_the_degree(mics):
    azimuth = torch.tensor([-180.0, -100.0, -3.0, 0.0, 41.0, 88.0, 179.0])
    wave = torch.stack([far_field(float(a), 8000, i, mics=mics) for i, a in enumerate(azimuth)])
    found = azimuth_of(SRPPHAT(microphones=mics, sample_rate=16000)(wave, torch.full((7,), 8000)))
    assert float(azimuth_error(found, azimuth).max()) < 1.5


def test_what_lies_behind_the_clip_is_not_heard():
    one, other = far_field(20.0, 6000, 0), far_field(-110.0, 6000, 1)
    wave = torch.cat([one, 5 * other], 1)[None]
    found = SRPPHAT(sample_rate=16000)(wave, torch.tensor([6000]))
    assert float(azimuth_error(azimuth_of(found), torch.tensor([20.0]))[0]) < 2


def test_short_clips_and_silence_point_somewhere():
    out = SRPPHAT(sample_rate=16000)(torch.zeros(2, 4, 500), torch.tensor([500, 3]))
    torch.testing.assert_close(out.norm(dim=1), torch.ones(2))


def test_microphones_are_counted():
    with pytest.raises(ValueError, match="3 or more"):
        SRPPHAT(microphones=2)
    with pytest.raises(ValueError, match="the wave has 2"):
        SRPPHAT(sample_rate=16000)(torch.zeros(1, 2, 2000), torch.tensor([2000]))


@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_it_listens_at_the_rate_it_is_told(rate):
    azimuth = torch.tensor([-150.0, -20.0, 70.0])
    wave = torch.stack([far_field(float(a), 8000, i, rate=rate) for i, a in enumerate(azimuth)])
    prepared = SRPPHAT()
    prepared.prepare(rate)
    found = prepared(wave, torch.full((3,), 8000))
    assert float(azimuth_error(azimuth_of(found), azimuth).max()) < 2.0
    assert torch.equal(found, SRPPHAT(sample_rate=rate)(wave, torch.full((3,), 8000)))


def test_a_rate_that_is_not_told_or_another_one():
    with pytest.raises(ValueError, match="give it the `sample_rate` of the waves"):
        SRPPHAT()(torch.zeros(1, 4, 2000), torch.tensor([2000]))
    with pytest.raises(ValueError, match="SRPPHAT has sample_rate 16000, the data come at 24000 Hz: leave it out"):
        SRPPHAT(sample_rate=16000).prepare(24000)


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the pack of spatial recordings")
def test_directions_measured_at_a_real_array():
    """Pyramic, five of its microphones: noise with the measured delays, steered by the calibrated positions."""
    rate, window, array = 16000, 512, measured([0, 11, 23, 35, 47], every=5)
    finder = SRPPHAT(microphones=5, window=window, sample_rate=rate)
    azimuth, elevation = torch.meshgrid(
        torch.deg2rad(torch.arange(-180, 180).double()),
        torch.deg2rad(torch.arange(-45, 46, 15).double()),
        indexing="xy",
    )
    flat = elevation.cos()
    towards = torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), elevation.sin()])
    arrival = -torch.einsum("mc,cea->mea", torch.from_numpy(array.places), towards) / array.speed_m_s
    delays = torch.stack([arrival[i] - arrival[j] for i, j in microphone_pairs(5)])
    hz = torch.arange(finder.first_bin, window // 2 + 1).double() * rate / window
    finder.steering = _steering(delays, hz)
    wave = torch.stack([heard(one, rate, 4096, number) for number, one in enumerate(array.arrival)])
    found = azimuth_of(finder(wave, torch.full((len(wave),), 4096)))
    error = azimuth_error(found, torch.from_numpy(array.azimuth_deg).to(found.dtype))
    assert float(error.median()) < 3.0
    assert float(error.max()) < 10.0


def test_errors_go_the_short_way_round():
    guess, true = torch.tensor([-179.0, 10.0, 0.0, 350.0]), torch.tensor([179.0, -10.0, 180.0, 10.0])
    assert azimuth_error(guess, true).tolist() == [2.0, 20.0, 180.0, 20.0]
