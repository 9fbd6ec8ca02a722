from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch

from lightning_sepcl.augment.mixed_noise import MixedNoise

RATE = 16000


def prepared(*args, **kwargs) -> MixedNoise:
    plugin = MixedNoise(*args, **kwargs)
    plugin.prepare(RATE)
    return plugin


def test_colours_are_white_pink_and_brown_at_the_drawn_ratio():
    plugin, x = prepared(), torch.randn(24, 1, 40_000)
    params = plugin.draw(x.shape, torch.Generator().manual_seed(0))
    noise = plugin.apply(x, params) - x
    ratio = 10 * torch.log10(x.square().mean((1, 2)) / noise.square().mean((1, 2)))
    torch.testing.assert_close(ratio, params["snr_db"], atol=0.02, rtol=0)
    hz, power = scipy.signal.welch(noise[:, 0].numpy().astype(np.float64), RATE, nperseg=1024)
    used = (hz > 100) & (hz < 7500)
    slopes = {0.0, -1.0, -2.0}
    for slope in slopes:
        mean = power[(params["slope"] == slope).numpy()].mean(0)
        assert np.polyfit(np.log(hz[used]), np.log(mean[used]), 1)[0] == pytest.approx(slope, abs=0.1)
    assert set(params["slope"].tolist()) == slopes


def test_colours_are_drawn_evenly():
    slope = prepared().draw(torch.Size((9000, 1, 1)), torch.Generator().manual_seed(0))["slope"]
    counts = torch.bincount(-slope.long())
    assert ((counts - 3000).abs() < 5 * 3000**0.5).all()


def test_the_code_leaves_two_fifths_as_they_are_and_draws_whole_decibels():
    plugin, x = prepared(variant="code"), torch.randn(5000, 1, 40)
    params = plugin.draw(x.shape, torch.Generator().manual_seed(0))
    same = (plugin.apply(x, params) == x).all(-1)[:, 0]
    assert abs(int(same.sum()) - 2000) < 5 * 1200**0.5
    snr_db = params["snr_db"][~same]
    assert torch.equal(snr_db, snr_db.round())
    assert set(snr_db.int().tolist()) == set(range(20))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="MixedNoise"):
        MixedNoise(0.5, 3.0, variant="code")
