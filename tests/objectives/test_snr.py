"""The thresholded SNR loss: reference values, closed forms, and gradients that are those of the SNR."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.objectives.snr import ThresholdedSNR, double, thresholded_snr

GOLDEN = np.load(Path(__file__).parents[1] / "golden/separation/losses.npz")


def golden(name):
    return torch.from_numpy(GOLDEN[name])


def test_equals_the_reference():
    estimates, references = golden("est"), golden("ref")
    torch.testing.assert_close(thresholded_snr(estimates, references), golden("out/log_mse_30"), atol=1e-5, rtol=1e-6)
    mixture = references.sum(1, keepdim=True)
    against = thresholded_snr(estimates, references, 20.0, mixture)
    torch.testing.assert_close(against, golden("out/log_mse_20_biasmix"), atol=1e-5, rtol=1e-6)


def test_closed_forms():
    ones, silence = torch.ones(3, 100), torch.zeros(3, 100)
    assert thresholded_snr(ones, ones)[0].item() == pytest.approx(10 * math.log10(0.1), abs=1e-5)
    assert thresholded_snr(silence, ones, math.inf)[0].item() == pytest.approx(20, abs=1e-5)
    assert thresholded_snr(silence, silence)[0].item() == pytest.approx(-80, abs=1e-5)


def test_without_threshold_the_gradient_is_that_of_the_negative_snr():
    estimate = torch.randn(1, 50, dtype=torch.float64, requires_grad=True)
    reference = torch.randn(1, 50, dtype=torch.float64)
    snr = 10 * (reference.square().sum() / (reference - estimate).square().sum()).log10()
    expected = torch.autograd.grad(-snr, estimate)[0]
    got = torch.autograd.grad(thresholded_snr(estimate, reference, math.inf).sum(), estimate)[0]
    torch.testing.assert_close(got, expected, atol=1e-9, rtol=1e-7)


def test_perfect_and_silent_estimates_have_finite_gradients():
    for estimate in (torch.zeros(1, 9, requires_grad=True), torch.ones(1, 9, requires_grad=True)):
        for reference in (torch.zeros(1, 9), torch.ones(1, 9)):
            (slope,) = torch.autograd.grad(thresholded_snr(estimate, reference, math.inf).sum(), estimate)
            assert slope.isfinite().all()


def test_the_module_is_the_mean_of_all():
    estimates, references = torch.randn(2, 3, 20), torch.randn(2, 3, 20)
    expected = thresholded_snr(estimates, references, 10.0).mean()
    torch.testing.assert_close(ThresholdedSNR(10.0)(estimates, references), expected)


def test_inner_products_are_taken_in_float64():
    assert double(torch.ones(2)).dtype == torch.float64
