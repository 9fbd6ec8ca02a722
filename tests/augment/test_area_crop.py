from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment import AreaCrop


def drawn(plugin, n=4000, shape=(10, 96, 101)):
    return plugin.draw(torch.Size((n, *shape)), torch.Generator().manual_seed(0))


def test_windows_have_the_area_and_the_ratio_asked_for_and_lie_inside():
    p = drawn(AreaCrop())
    time, freq = p["time_scale"], p["freq_scale"]
    area, ratio = time * freq, time / freq
    assert bool((area > 0.8 - 1e-5).all())
    assert bool((area <= 1).all())
    assert bool((ratio > 0.8 - 1e-4).all())
    assert bool((ratio < 1.25 + 1e-4).all())
    assert float(time.max()) <= 1
    assert float(freq.max()) <= 1
    assert float(area.mean()) < 0.9  # wide ratios leave no room for large areas


def test_all_channels_are_cut_alike():
    x = torch.randn(5, 1, 24, 40).expand(5, 3, 24, 40)
    out = AreaCrop()(x, torch.Generator().manual_seed(0))
    assert torch.equal(out[:, 0], out[:, 2])
    assert not torch.allclose(out, x)


def test_where_nothing_fits_the_whole_is_taken():
    p = drawn(AreaCrop(area=(1.0, 1.0), ratio=(3.0, 4.0)), n=3)
    assert p["time_scale"].tolist() == p["freq_scale"].tolist() == [1.0] * 3


def test_settings_that_cannot_be():
    with pytest.raises(ValueError, match=r"0\.\.1"):
        AreaCrop(area=(0.5, 1.5))
