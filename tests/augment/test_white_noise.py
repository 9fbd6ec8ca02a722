from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.augment.white_noise import WhiteNoise

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "waves.npz")


def test_is_the_published_sum_given_its_noise():
    normal = np.random.RandomState(11).normal(0, 1, 16000)
    params = {"snr_db": torch.tensor([10.0]), "noise": torch.from_numpy(normal).float()[None, None]}
    out = WhiteNoise().apply(torch.from_numpy(GOLDEN["x"])[None, None], params)
    np.testing.assert_allclose(out[0, 0, :4000], GOLDEN["white_snr10"], atol=2e-7)


def test_ratio_is_the_drawn_one():
    x = torch.randn(16, 2, 20_000) * torch.logspace(-3, 0, 16)[:, None, None]
    params = WhiteNoise().draw(x.shape, torch.Generator().manual_seed(0))
    noise = WhiteNoise().apply(x, params) - x
    ratio = 10 * torch.log10(x.square().mean((1, 2)) / noise.square().mean((1, 2)))
    torch.testing.assert_close(ratio, params["snr_db"], atol=0.15, rtol=0)


def test_noise_is_white_gaussian_and_every_microphones_own():
    noise = WhiteNoise().draw(torch.Size((3, 2, 30_000)), torch.Generator().manual_seed(0))["noise"].flatten(0, 1)
    assert (torch.corrcoef(noise) - torch.eye(6)).abs().max() < 0.03
    assert abs(float((noise[:, 1:] * noise[:, :-1]).mean())) < 0.02
    assert abs(float((noise**4).mean()) - 3) < 0.1


def test_ratios_of_both_variants():
    shape = torch.Size((20_000, 1, 1))
    real = WhiteNoise().draw(shape, torch.Generator().manual_seed(0))["snr_db"]
    assert ((torch.histc(real, 20, 0, 20) - 1000).abs() < 5 * 1000**0.5).all()
    whole = WhiteNoise(variant="code").draw(shape, torch.Generator().manual_seed(0))["snr_db"]
    counts = torch.bincount(whole.long())
    assert torch.equal(whole, whole.round())
    assert len(counts) == 20
    assert ((counts - 1000).abs() < 5 * 1000**0.5).all()


def test_silence_gets_no_noise():
    assert not WhiteNoise()(torch.zeros(2, 1, 100), torch.Generator()).any()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="snr_db"):
        WhiteNoise(10.0, 0.0)
    with pytest.raises(ValueError, match="whole"):
        WhiteNoise(0.5, 3.0, variant="code")
