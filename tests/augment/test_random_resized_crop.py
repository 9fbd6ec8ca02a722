from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from lightning_sepcl.augment.random_resized_crop import RandomResizedCrop, window


def params(n: int, **given: float) -> dict[str, torch.Tensor]:
    neutral = {"time_scale": 1.0, "freq_scale": 1.0, "time_place": 0.5, "freq_place": 0.5}
    return {name: torch.full((n,), value) for name, value in (neutral | given).items()}


def test_scale_one_is_no_change_wherever_it_is_placed():
    x = torch.randn(4, 2, 64, 96)
    for place in (0.0, 0.3, 1.0):
        assert torch.equal(RandomResizedCrop().apply(x, params(4, time_place=place, freq_place=place)), x)


def test_is_torchs_affine_sampling():
    plugin, x = RandomResizedCrop((0.5, 2.0), (0.5, 2.0)), torch.randn(16, 2, 24, 40)
    p = plugin.draw(x.shape, torch.Generator().manual_seed(0))
    zero = torch.zeros(16)
    # grid_sample counts from -1 to 1: the window's middle moves by (2 place - 1)(1 - scale)
    move = {k: (2 * p[f"{k}_place"] - 1) * (1 - p[f"{k}_scale"]) for k in ("time", "freq")}
    theta = torch.stack(
        [torch.stack([p["time_scale"], zero, move["time"]], 1), torch.stack([zero, p["freq_scale"], move["freq"]], 1)],
        1,
    )
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    expected = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    torch.testing.assert_close(plugin.apply(x, p), expected, atol=5e-5, rtol=0)


def test_the_left_half_fills_the_whole():
    ramp = torch.arange(8.0).expand(1, 1, 3, 8)
    out = RandomResizedCrop().apply(ramp, params(1, time_scale=0.5, time_place=0.0))
    expected = torch.tensor([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25])
    torch.testing.assert_close(out, expected.expand(1, 1, 3, 8))


def test_a_larger_window_has_the_edges_go_on():
    ramp = torch.arange(8.0)[:, None].expand(1, 1, 8, 3)
    out = RandomResizedCrop().apply(ramp, params(1, freq_scale=2.0, freq_place=0.5))
    expected = torch.tensor([0, 0, 0.5, 2.5, 4.5, 6.5, 7, 7])
    torch.testing.assert_close(out[0, 0, :, 0], expected)


def test_windows_smaller_than_one_lie_inside():
    generator = torch.Generator().manual_seed(0)
    scale, place = torch.rand(1000, generator=generator) * 0.9 + 0.1, torch.rand(1000, generator=generator)
    at = window(scale, place, 50)
    # the outermost values stand for cells of the window, whose outer edges are half a step further out
    step = scale[:, None]
    assert (at[:, :1] - step / 2 >= -0.5 - 1e-4).all()
    assert (at[:, -1:] + step / 2 <= 49.5 + 1e-4).all()


def test_scales_are_log_uniform():
    p = RandomResizedCrop((0.5, 2.0), (1.0, 1.0)).draw(torch.Size((40_000, 1, 4, 4)), torch.Generator().manual_seed(0))
    counts = torch.histc(p["time_scale"].log2(), 4, -1, 1)
    assert ((counts - 10_000).abs() < 5 * math.sqrt(10_000)).all()
    assert (p["freq_scale"] == 1).all()


@pytest.mark.parametrize("scale", [(1.2, 0.8), (0.0, 1.0)])
def test_what_cannot_be_is_refused(scale):
    with pytest.raises(ValueError, match="RandomResizedCrop"):
        RandomResizedCrop(time_scale=scale)
