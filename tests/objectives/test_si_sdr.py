from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

from lightning_sepcl.objectives.si_sdr import pairwise_si_snr, si_sdr, si_snr

GOLDEN = np.load(Path(__file__).parents[1] / "golden/objectives/si_snr.npz")


def waves(*shape, offset=0.0, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) + offset


def test_right_angle_gives_the_closed_form():
    """Signal 3, error 4 at a right angle to it."""
    estimate, reference = torch.tensor([3.0, 4.0]), torch.tensor([5.0, 0.0])
    expected = 10 * math.log10(9 / 16)
    assert si_sdr(estimate, reference).item() == pytest.approx(expected, abs=1e-5)
    assert si_snr(estimate, reference).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("zero_mean", [False, True])
def test_as_torchmetrics(zero_mean):
    estimate, reference = waves(3, 2, 800, offset=0.5), waves(3, 2, 800, offset=0.3, seed=1)
    estimate = estimate + torch.linspace(0, 3, 3)[:, None, None] * reference
    theirs = scale_invariant_signal_distortion_ratio(estimate, reference, zero_mean=zero_mean)
    assert torch.allclose(si_sdr(estimate, reference, zero_mean=zero_mean), theirs, atol=1e-4)
    assert torch.allclose(si_snr(estimate, reference, zero_mean=zero_mean), theirs, atol=1e-4)


def test_the_published_evaluation():
    reference, estimate = torch.from_numpy(GOLDEN["reference"]), torch.from_numpy(GOLDEN["estimate"])
    assert np.allclose(si_snr(estimate, reference), GOLDEN["si_snr"], atol=1e-4)
    assert np.allclose(si_snr(reference, reference), GOLDEN["of_itself"], atol=1e-4)
    own_pairs = pairwise_si_snr(estimate, reference).diagonal(dim1=1, dim2=2)
    assert np.allclose(own_pairs, GOLDEN["si_snr"], atol=1e-4)


def test_pairs_are_those_of_a_loop():
    reference = waves(2, 3, 500)
    estimate = torch.stack(
        [waves(2, 500, seed=1), 2 * reference[:, 1], reference[:, 0] + 1e-3 * reference[:, 2]], dim=1
    )
    estimate = torch.cat([estimate, torch.zeros(2, 1, 500)], dim=1)
    for zero_mean in (False, True):
        pairs = pairwise_si_snr(estimate, reference, zero_mean=zero_mean)
        assert pairs.shape == (2, 3, 4)
        for b, r, e in np.ndindex(2, 3, 4):
            slow = si_snr(estimate[b, e].double(), reference[b, r].double(), zero_mean=zero_mean)
            assert pairs[b, r, e].item() == pytest.approx(slow.item(), abs=1e-6)


def test_silence_and_perfection():
    wave, silence = waves(100), torch.zeros(100)
    assert si_sdr(silence, wave).item() == -math.inf
    assert math.isnan(si_sdr(wave, silence).item())
    assert math.isnan(si_sdr(silence, silence).item())
    for estimate, reference in ((silence, wave), (wave, silence), (silence, silence)):
        assert si_snr(estimate, reference).item() == pytest.approx(-80)
        assert pairwise_si_snr(estimate[None, None], reference[None, None]).item() == pytest.approx(-80)
    assert si_snr(3 * wave, wave).item() == pytest.approx(80, abs=1e-4)


@pytest.mark.parametrize("function", [si_sdr, si_snr])
def test_loudness_and_sign_do_not_matter(function):
    estimate, reference = waves(4, 300), waves(4, 300, seed=1)
    changed = function(-1e-3 * estimate, 50 * reference)
    assert torch.allclose(changed, function(estimate, reference), atol=1e-4)


def test_the_gradient_is_finite_even_at_the_floors():
    reference = torch.cat([waves(2, 200), torch.zeros(1, 200)])
    estimate = torch.stack([reference[0], torch.zeros(200), reference[1]]).requires_grad_()
    si_snr(estimate, reference).sum().backward()
    assert estimate.grad.isfinite().all()
