from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment.spec_augment import SpecAugment, warp

SHAPE = torch.Size((20_000, 1, 64, 96))


def drawn(plugin: SpecAugment, shape: torch.Size = SHAPE) -> dict[str, torch.Tensor]:
    return plugin.draw(shape, torch.Generator().manual_seed(0))


def even(counts: torch.Tensor) -> bool:
    expected = counts.sum() / len(counts)
    return bool(((counts - expected).abs() < 5 * expected.sqrt()).all())


@pytest.mark.parametrize(
    ("start", "width", "size", "widest"), [("band", "band_width", 64, 10), ("start", "start_width", 96, 7)]
)
def test_widths_and_places_of_masks_are_uniform(start, width, size, widest):
    params = drawn(SpecAugment(freq_masks=2, time_masks=3, max_bands=10, max_frames=7))
    assert params[width].shape == (20_000, 2 if start == "band" else 3)
    assert even(torch.bincount(params[width].flatten(), minlength=widest + 1))
    for w in (0, widest):
        places = params[start][params[width] == w]
        counts = torch.bincount(places)
        assert len(counts) == size - w + 1
        assert even(counts)


def test_masks_hide_what_was_drawn_and_nothing_else():
    plugin = SpecAugment(warp_frames=0)
    x = torch.rand(50, 2, 64, 96) + 1
    params = drawn(plugin, x.shape)
    expected = x.clone()
    for n in range(50):
        for b, w in zip(params["band"][n], params["band_width"][n], strict=True):
            expected[n, :, b : b + w] = 0
        for s, w in zip(params["start"][n], params["start_width"][n], strict=True):
            expected[n, :, :, s : s + w] = 0
    assert torch.equal(plugin.apply(x, params), expected)


@pytest.mark.parametrize(("value", "of"), [("mean", lambda c: c.mean()), ("min", lambda c: c.min())])
def test_masks_can_hide_with_the_channels_own_value(value, of):
    plugin = SpecAugment(warp_frames=0, mask_value=value)
    x = torch.randn(20, 2, 64, 96) + torch.tensor([0.0, 50.0])[:, None, None]
    params = drawn(plugin, x.shape)
    hidden = SpecAugment(warp_frames=0).apply(torch.ones_like(x), params) == 0
    out = plugin.apply(x, params)
    assert torch.equal(out[~hidden], x[~hidden])
    for n in range(20):
        for c in range(2):
            where = hidden[n, c]
            torch.testing.assert_close(out[n, c][where], of(x[n, c]).expand(int(where.sum())))


def test_warp_moves_the_anchor_by_the_shift_and_keeps_the_ends():
    params = drawn(SpecAugment(warp_frames=8), torch.Size((500, 1, 4, 96)))
    place = warp(params["anchor"], params["shift"], 96)
    row = torch.arange(500)
    torch.testing.assert_close(place[row, params["anchor"] + params["shift"]], params["anchor"].float())
    assert (place[:, 0] == 0).all()
    torch.testing.assert_close(place[:, -1], torch.full((500,), 95.0))
    assert (place.diff(dim=1) > 0).all()
    # on either side frames are evenly spaced
    left = place[3, : params["anchor"][3] + params["shift"][3] + 1]
    torch.testing.assert_close(left.diff(), torch.full((len(left) - 1,), left.diff()[0].item()))


def test_an_impulse_at_the_anchor_arrives_at_its_new_frame():
    plugin = SpecAugment(freq_masks=0, time_masks=0)
    x = torch.zeros(40, 1, 3, 96)
    params = drawn(plugin, x.shape)
    row = torch.arange(40)
    x[row, :, :, params["anchor"]] = 1
    out = plugin.apply(x, params)
    assert torch.equal(out.argmax(3)[:, 0, 0], params["anchor"] + params["shift"])
    torch.testing.assert_close(out.amax((1, 2, 3)), torch.ones(40))


def test_anchors_and_shifts_are_uniform_and_leave_room():
    params = drawn(SpecAugment(warp_frames=8), torch.Size((40_000, 1, 1, 40)))
    assert even(torch.bincount(params["shift"] + 8, minlength=17))
    assert (params["anchor"].min(), params["anchor"].max()) == (9, 30)
    assert even(torch.bincount(params["anchor"] - 9))
    new = params["anchor"] + params["shift"]
    assert (new.min(), new.max()) == (1, 38)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 10])
def test_short_patches_warp_less_and_masks_fit(frames):
    plugin = SpecAugment(max_bands=100, max_frames=100)
    x = torch.rand(200, 1, 5, frames) + 1
    out = plugin(x, torch.Generator().manual_seed(0))
    assert torch.isfinite(out).all()
    assert out.amax() <= x.amax()


def test_nothing_to_do_changes_nothing():
    x = torch.randn(3, 1, 64, 96)
    for plugin in (SpecAugment(0, 0, warp_frames=0), SpecAugment(2, 2, 0, 0, 0)):
        assert torch.equal(plugin(x, torch.Generator()), x)
    with pytest.raises(ValueError, match="below 0"):
        SpecAugment(max_bands=-1)
