import math

import pytest
import torch

from data_sim.measures import (
    clarity,
    decay_curve,
    direct_to_reverberant,
    reverberation_time,
    without_rumble,
)
from lightning_sepcl.errors import UserError

RATE = 16000


def decaying(rt60, seconds):
    """Alternating signs under an exponential: its energy falls by exactly 60 dB per rt60."""
    time = torch.arange(int(seconds * RATE), dtype=torch.float64)
    return 10 ** (-3 * time / (rt60 * RATE)) * (1 - 2 * (time % 2))


@pytest.mark.parametrize("rt60", [0.1, 0.4, 1.0])
@pytest.mark.parametrize("span_db", [20.0, 30.0])
def test_rt60_of_an_exponential(rt60, span_db):
    assert reverberation_time(decaying(rt60, 1.5 * rt60), RATE, span_db).item() == pytest.approx(rt60, rel=1e-3)


def test_decay_curve_of_an_exponential_is_a_line():
    curve = decay_curve(decaying(0.5, 2.0))
    assert curve[0] == 0
    assert curve[4000].item() == pytest.approx(-30, abs=0.01)
    assert (curve.diff() < 0).all()


def test_t20_does_not_look_below_25_db():
    response = decaying(0.3, 0.6)
    response[3000:] += 1e-2 * decaying(2.0, 0.6)[3000:] * response[3000].abs()
    assert reverberation_time(response, RATE, 20.0).item() == pytest.approx(0.3, rel=0.02)


def test_what_does_not_fall_has_no_rt60():
    rows = torch.stack([torch.zeros(1000), torch.eye(1000)[0], torch.eye(1000)[999]])
    assert reverberation_time(rows, RATE).isnan().all()


def test_drr_and_clarity_by_hand():
    response = torch.zeros(2, 4000)
    response[:, 100] = 2.0  # direct
    response[:, 130] = 1.0  # within 2.5 ms (40 samples)
    response[:, 141] = 1.0  # behind it
    response[:, 1000] = 0.5  # behind 50 ms (800 samples)
    assert direct_to_reverberant(response, RATE).tolist() == pytest.approx([10 * math.log10(5 / 1.25)] * 2)
    assert clarity(response, RATE).tolist() == pytest.approx([10 * math.log10(6 / 0.25)] * 2)


def test_a_given_arrival_wins_over_the_largest_sample():
    response = torch.zeros(4000)
    response[100], response[1000] = 1.0, 2.0
    assert clarity(response, RATE).item() == math.inf
    assert clarity(response, RATE, torch.tensor(100 / RATE)).item() == pytest.approx(10 * math.log10(1 / 4))


def test_without_reverberation():
    assert direct_to_reverberant(torch.eye(1000)[50], RATE).item() == math.inf


def test_rumble_goes_and_the_rest_stays():
    time = torch.arange(RATE) / RATE
    low, corner, high = (torch.sin(2 * math.pi * f * time) for f in (10.0, 80.0, 1000.0))
    middle = slice(4000, 12000)
    gains = [(without_rumble(w, RATE)[middle].norm() / w[middle].norm()).item() for w in (low, corner, high)]
    assert gains == pytest.approx([(10 / 80) ** 4, 0.5, 1.0], abs=2e-3)


def test_a_span_of_nothing():
    with pytest.raises(UserError, match="span of 0 dB"):
        reverberation_time(torch.ones(10), RATE, 0.0)
