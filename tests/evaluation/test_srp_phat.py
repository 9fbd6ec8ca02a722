from __future__ import annotations

import pytest
import torch

from lightning_sepcl.evaluation.azimuth_error import azimuth_error, azimuth_of
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from tests.fakes.rooms import far_field


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


def test_errors_go_the_short_way_round():
    guess, true = torch.tensor([-179.0, 10.0, 0.0, 350.0]), torch.tensor([179.0, -10.0, 180.0, 10.0])
    assert azimuth_error(guess, true).tolist() == [2.0, 20.0, 180.0, 20.0]
