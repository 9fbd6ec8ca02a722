"""PReLU and norm, each kind against PyTorch's own."""

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.separation.norm import ActivationNorm, standardised


def peers(x):
    """PyTorch's norms with our epsilon."""
    return {
        "instance": functional.instance_norm(x, eps=1e-3),
        "global": functional.layer_norm(x, x.shape[1:], eps=1e-3),
        "layer": functional.layer_norm(x.mT, x.shape[1:2], eps=1e-3).mT,
    }


@pytest.mark.parametrize("kind", ["instance", "global", "layer"])
def test_equals_pytorch(kind):
    x, norm = torch.randn(2, 6, 50), ActivationNorm(kind)
    with torch.no_grad():
        norm.gain.fill_(1.5)
        norm.shift.fill_(-0.5)
        expected = 1.5 * peers(functional.leaky_relu(x, 0.1))[kind] - 0.5
        torch.testing.assert_close(norm(x), expected, atol=1e-5, rtol=1e-5)


def test_a_large_mean_does_not_cancel():
    x = torch.randn(1, 3, 1000) + 1000
    expected = standardised(x.double(), (-1,)).float()
    torch.testing.assert_close(standardised(x, (-1,)), expected, atol=2e-3, rtol=0)


def test_half_precision_is_computed_in_float32():
    x = torch.randn(1, 3, 1000).bfloat16()
    norm = ActivationNorm("instance")
    torch.testing.assert_close(norm(x), norm(x.float()), atol=0, rtol=0)
