from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.augment.time_mask import TimeMask, _all_at_once

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "waves.npz")


def drawn(plugin: TimeMask, shape: tuple[int, ...], seed: int = 0) -> dict[str, torch.Tensor]:
    return plugin.draw(torch.Size(shape), torch.Generator().manual_seed(seed))


def test_is_the_published_mask_given_its_noise():
    x, start = torch.from_numpy(GOLDEN["x"])[None, None], int(GOLDEN["mask_start"])
    masked = torch.from_numpy(GOLDEN["masked"])
    params = {"start": torch.tensor([start]), "length": torch.tensor([2000]), "hidden_by": masked[None, None, 500:2500]}
    out = TimeMask(variant="code").apply(x, params)[0, 0]
    assert torch.equal(out[start - 500 : start + 2500], masked)
    assert torch.equal(out[: start - 500], x[0, 0, : start - 500])
    assert torch.equal(out[start + 2500 :], x[0, 0, start + 2500 :])


def test_lengths_and_places_are_uniform():
    params = drawn(TimeMask(), (60_000, 1, 40))
    counts = torch.bincount(params["length"])
    assert len(counts) == 6
    assert ((counts - 10_000).abs() < 5 * 100).all()
    for length in (0, 5):
        places = torch.bincount(params["start"][params["length"] == length])
        assert len(places) == 40 - length + 1
        assert ((places - places.sum() / len(places)).abs() < 5 * (places.sum() / len(places)) ** 0.5).all()


def test_half_is_hidden_by_noise_and_half_by_the_constant():
    x = torch.full((2000, 2, 800), 5.0)
    params = drawn(TimeMask(noise=0.1, constant=0.25), x.shape)
    out = TimeMask().apply(x, params)
    filled = params["length"] > 1
    constant = torch.tensor([bool(((r == 5) | (r == 0.25)).all()) for r in out])[filled]
    assert abs(int(constant.sum()) / len(constant) - 0.5) < 0.06
    noise = out[filled][~constant]
    noise = noise[noise != 5]
    assert abs(float(noise.std()) - 0.1) < 0.001
    assert abs(float(noise.mean())) < 0.001


def test_the_code_always_masks_an_eighth_by_noise():
    x = torch.full((500, 1, 800), 5.0)
    out = TimeMask(variant="code")(x, torch.Generator().manual_seed(0))
    assert ((out != 5).sum(-1) == 100).all()
    assert (out[:, :, -1] == 5).all()


@pytest.mark.parametrize("variant", ["paper", "code"])
def test_all_at_once_is_row_by_row(variant):
    plugin, x = TimeMask(0.6, variant=variant), torch.randn(100, 2, 61)
    params = drawn(plugin, x.shape)
    assert torch.equal(_all_at_once(x, params), plugin.apply(x, params))


def test_waves_too_short_for_a_mask_stay():
    for variant in ("paper", "code"):
        for samples in (1, 7):
            x = torch.randn(20, 1, samples)
            params = drawn(TimeMask(variant=variant), x.shape)
            assert torch.equal(TimeMask().apply(x, params), x)
            assert torch.equal(_all_at_once(x, params), x)
        assert torch.isfinite(TimeMask(1.0, variant=variant)(torch.ones(9, 1, 1), torch.Generator())).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="TimeMask"):
        TimeMask(-0.1)
    with pytest.raises(ValueError, match="TimeMask"):
        TimeMask(noise=-1.0)
