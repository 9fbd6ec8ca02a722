"""Normalised magnitudes: the published code's figures, closed forms, and silence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.separation.feature_norm import FeatureNorm
from lightning_sepcl.separation.stft_basis import STFTBasis

GOLDEN = Path(__file__).parents[1] / "golden/separation/iter1_stft32ms_M4_maxnorm.npz"


def test_compress_and_max_equals_the_reference():
    golden = {k: v if k == "config" else torch.from_numpy(v) for k, v in np.load(GOLDEN).items()}
    basis, norm = STFTBasis(512, 128, zero_beginning=True), FeatureNorm("compress_and_max")
    with torch.no_grad():
        norm.gain.copy_(golden["gain"])
        norm.shift.copy_(golden["shift"])
        features = norm(basis.magnitude(basis.encode(golden["input"][:, None])))[:, 0]
    # the power 0.3 magnifies rounding of empty bins
    torch.testing.assert_close(features.mT[:, ::3, ::5], golden["features"], atol=2e-3, rtol=0)


def test_mean_and_variance_are_taken_over_all_signals_together():
    x = torch.rand(2, 3, 4, 5) * torch.tensor([1.0, 20.0]).reshape(2, 1, 1, 1)
    got = FeatureNorm("mean_and_variance")(x)
    torch.testing.assert_close(got.mean((1, 2, 3)), torch.zeros(2), atol=1e-6, rtol=0)
    variance = x.var((1, 2, 3), correction=0)
    torch.testing.assert_close(got.var((1, 2, 3), correction=0), variance / (variance + 1e-3))


def test_none_has_no_parameters_and_the_others_two():
    x = torch.rand(1, 1, 4, 5)
    assert FeatureNorm("none")(x) is x
    assert torch.equal(FeatureNorm("scale_and_bias")(x), x)
    assert len(list(FeatureNorm("scale_and_bias").parameters())) == 2


@pytest.mark.parametrize("kind", ["mean_and_variance", "compress_and_max"])
def test_silence_has_a_finite_gradient(kind):
    x = torch.zeros(1, 1, 4, 5, requires_grad=True)
    y = FeatureNorm(kind)(x)
    assert not y.any()
    y.sum().backward()
    assert x.grad.isfinite().all()
