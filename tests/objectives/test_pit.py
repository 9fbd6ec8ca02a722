"""PIT: reference values, a loop over all permutations, and references that are silent."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.objectives.pit import PIT, active_and_silent_loss, aligned, best_permutation, pairwise_loss
from lightning_sepcl.objectives.snr import thresholded_snr

GOLDEN = np.load(Path(__file__).parents[1] / "golden/separation/losses.npz")
REFERENCES, ESTIMATES = torch.from_numpy(GOLDEN["ref"]), torch.from_numpy(GOLDEN["est"])


@pytest.mark.parametrize(("name", "max_snr_db"), [("pit", 1e6), ("pit30", 30.0)])
def test_equals_the_reference(name, max_snr_db):
    """Compared are sums: several silent references may share the estimates among them in any way."""
    ordered = aligned(ESTIMATES, REFERENCES, max_snr_db)
    sums = thresholded_snr(ordered, REFERENCES, max_snr_db).sum(1)
    torch.testing.assert_close(sums, torch.from_numpy(GOLDEN[f"out/{name}_loss"]).sum(1), atol=5e-5, rtol=1e-6)


@pytest.mark.parametrize(("name", "rows"), [("nozero", [0, 3]), ("allzero", [2])])
def test_parts_equal_the_reference(name, rows):
    references = REFERENCES[rows]
    active, silent = active_and_silent_loss(aligned(ESTIMATES[rows], references), references)
    expected = torch.from_numpy(GOLDEN[f"out/fuss_parts_{name}"])
    torch.testing.assert_close(torch.stack([silent, active]), expected, atol=1e-5, rtol=1e-6)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_equals_a_loop_over_all_permutations(seed, sources):
    generator = torch.Generator().manual_seed(seed)
    loss = torch.randn(3, sources, sources, generator=generator)
    got = best_permutation(loss)
    for matrix, order in zip(loss, got, strict=True):
        ways = list(itertools.permutations(range(sources)))
        assert tuple(order.tolist()) == min(ways, key=lambda w: sum(matrix[i, j].item() for i, j in enumerate(w)))


def test_pairwise_loss_is_the_loss_of_each_pair():
    estimates, references = torch.randn(2, 3, 40).double(), torch.randn(2, 3, 40).double()
    expected = thresholded_snr(estimates[:, None].expand(2, 3, 3, 40), references[:, :, None].expand(2, 3, 3, 40))
    torch.testing.assert_close(pairwise_loss(estimates, references, 30.0), expected)


def test_shuffled_references_come_back_in_order():
    references = torch.randn(5, 4, 60)
    orders = torch.stack([torch.randperm(4) for _ in range(5)])
    shuffled = torch.stack([r[o] for r, o in zip(references, orders, strict=True)])
    torch.testing.assert_close(
        aligned(shuffled + 0.01 * torch.randn(5, 4, 60), references), references, atol=0.1, rtol=0
    )


def test_a_quiet_enough_estimate_of_silence_pays_no_more():
    """20 dB below the mixture: half of the loss' power is floor, half error."""
    references = torch.cat([torch.ones(1, 1, 100), torch.zeros(1, 1, 100)], 1)
    estimates = torch.cat([torch.ones(1, 1, 100), torch.full((1, 1, 100), 0.1)], 1)
    active, silent = active_and_silent_loss(estimates, references)
    assert active.item() == pytest.approx(-10 / 2, abs=1e-4)
    assert silent.item() == pytest.approx(10 * np.log10(2) / 2, abs=1e-4)


def test_a_batch_of_silence_costs_nothing_and_has_a_gradient():
    estimates = torch.randn(2, 3, 40, requires_grad=True)
    loss = PIT()(estimates, torch.zeros(2, 3, 40))
    assert loss.item() == 0
    loss.backward()
    assert not estimates.grad.any()


def test_the_weight_of_silent_references():
    estimates, references = torch.randn(2, 3, 40), torch.randn(2, 3, 40)
    references[:, 2] = 0
    active, silent = active_and_silent_loss(aligned(estimates, references), references)
    torch.testing.assert_close(PIT(silent_weight=0.5)(estimates, references), active + 0.5 * silent)


@pytest.mark.parametrize("shape", [(1, 9, 9), (1, 3, 2)])
def test_too_many_sources_and_unequal_numbers_are_refused(shape):
    with pytest.raises(ValueError, match=f"these are {shape[2]} and {shape[1]}"):
        best_permutation(torch.zeros(shape))
