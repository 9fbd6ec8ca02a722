from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from lightning_sepcl.augment.interpolation import interpolate


def test_is_numpys_interpolation():
    x, place = torch.randn(3, 2, 5, 9), torch.rand(3, 12) * 12 - 2
    out = interpolate(x, place, axis=3)
    assert out.shape == (3, 2, 5, 12)
    for n in range(3):
        expected = np.apply_along_axis(lambda row: np.interp(place[n], np.arange(9), row), -1, x[n].numpy())  # noqa: B023
        np.testing.assert_allclose(out[n], expected, atol=1e-6)


def test_both_axes_are_a_bilinear_grid_sample():
    x, over_time, over_freq = torch.randn(4, 2, 6, 9), torch.rand(4, 9) * 11 - 1, torch.rand(4, 6) * 8 - 1
    ours = interpolate(interpolate(x, over_time, axis=3), over_freq, axis=2)
    t, f = over_time * 2 / 8 - 1, over_freq * 2 / 5 - 1
    grid = torch.stack([t[:, None, :].expand(-1, 6, -1), f[:, :, None].expand(-1, -1, 9)], -1)
    theirs = F.grid_sample(x, grid, padding_mode="border", align_corners=True)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_whole_places_are_exact():
    x = torch.randn(2, 1, 4, 6) * 1e4
    place = torch.tensor([[5.0, 0, 3, 3], [0, 1, 2, 3]])
    out = interpolate(x, place, axis=3)
    assert torch.equal(out, torch.stack([x[n, :, :, place[n].long()] for n in range(2)]))
