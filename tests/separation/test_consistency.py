"""Mixture consistency: the published code's values, and the nearest point of a plane."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.separation.consistency import MixtureConsistency, mixture_consistency, power_shares

GOLDEN = np.load(Path(__file__).parents[1] / "golden/separation/losses.npz")
MIXTURE, ESTIMATES, SHARES = (torch.from_numpy(GOLDEN[f"cons_{k}"]) for k in ("mix", "sep", "w"))


@pytest.mark.parametrize("kind", ["magsq", "uniform", "weights"])
def test_equals_the_reference(kind):
    estimates = ESTIMATES[:, :, 0]
    shares = {"magsq": power_shares(estimates), "uniform": torch.full((1, 3, 1), 1 / 3), "weights": SHARES[:, :, 0]}
    got = mixture_consistency(estimates, MIXTURE, shares[kind])
    expected = torch.from_numpy(GOLDEN[f"out/cons_{kind}"])[:, :, 0]
    torch.testing.assert_close(got[..., ::7], expected, atol=1e-6, rtol=1e-6)


def test_with_even_shares_it_is_the_nearest_that_sums_to_the_mixture():
    """The Moore-Penrose step onto the plane on which the sources sum to the mixture."""
    estimates, mixture = torch.randn(1, 4, 5), torch.randn(1, 1, 5)
    ones = torch.ones(1, 4)
    nearest = estimates + torch.linalg.pinv(ones) @ (mixture - ones @ estimates)
    torch.testing.assert_close(MixtureConsistency("uniform", 4, 2)(estimates, mixture, torch.zeros(1, 2, 3)), nearest)


def test_without_it_nothing_changes():
    estimates = torch.randn(1, 4, 5)
    assert MixtureConsistency("none", 4, 2)(estimates, torch.randn(1, 1, 5), torch.zeros(1, 2, 3)) is estimates


def test_silent_estimates_share_evenly():
    torch.testing.assert_close(power_shares(torch.zeros(1, 4, 5)), torch.full((1, 4, 1), 0.25))


def test_predicted_shares_sum_to_one_and_learn():
    consistency = MixtureConsistency("pred_source", 3, 6)
    shares = consistency.weights(torch.zeros(2, 3, 5), torch.randn(2, 6, 7))
    torch.testing.assert_close(shares.sum(1), torch.ones(2, 1))
    shares[:, 0].sum().backward()
    assert consistency.share.weight.grad.abs().sum() > 0
