"""MixIT: reference values, a loop over all assignments, and what must not change it."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.objectives.mixit import MixIT, mixit

GOLDEN = np.load(Path(__file__).parents[1] / "golden/separation/losses.npz")


def slow(estimates, mixtures, max_snr_db):
    """Every assignment, sample by sample, from the definition: the smallest loss of one example, and where."""
    best = (math.inf, None)
    for idx in itertools.product(range(len(mixtures)), repeat=len(estimates)):
        losses = []
        for i, x in enumerate(mixtures):
            rest = x - sum((e for m, e in enumerate(estimates) if idx[m] == i), torch.zeros_like(x))
            level = 10 ** (-max_snr_db / 10) * x.square().sum()
            losses.append(10 * math.log10(level + rest.square().sum() + 1e-8))
        best = min(best, (sum(losses) / len(losses), idx), key=lambda b: b[0])
    return best


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.integers(0, 10_000), st.integers(1, 5), st.integers(2, 3), st.sampled_from([10.0, 30.0, 100.0]), st.booleans()
)
def test_equals_a_loop_over_all_assignments(seed, sources, count, max_snr_db, near):
    generator = torch.Generator().manual_seed(seed)
    estimates = torch.randn(2, sources, 12, generator=generator, dtype=torch.float64)
    mixtures = torch.randn(2, count, 12, generator=generator, dtype=torch.float64)
    if near:  # nearly perfect, where differences of inner products cancel
        way = torch.randint(count, (sources,), generator=generator)
        mixtures = 1e-3 * mixtures + torch.nn.functional.one_hot(way, count).T.double() @ estimates
    losses, assignment = mixit(estimates, mixtures, max_snr_db)
    for b in range(2):
        expected, idx = slow(estimates[b], mixtures[b], max_snr_db)
        assert losses[b].item() == pytest.approx(expected, abs=1e-9)
        assert tuple(assignment[b].argmax(0).tolist()) == idx
    assert torch.equal(assignment.sum(1), torch.ones(2, sources, dtype=torch.float64))


@pytest.mark.parametrize("sources", [2, 8])
def test_losses_assignments_and_gradients_equal_the_reference(sources):
    golden = {k: torch.from_numpy(v) for k, v in GOLDEN.items() if k.endswith(f"M{sources}")}
    estimates = golden[f"mixit_est_M{sources}"].requires_grad_()
    losses, assignment = mixit(estimates, golden[f"mixit_ref_M{sources}"])
    torch.testing.assert_close(losses.detach(), golden[f"out/mixit_loss_M{sources}"], atol=1e-5, rtol=1e-6)
    assert torch.equal(assignment, golden[f"out/mixit_A_M{sources}"])
    (losses.sum() / 6).backward()  # theirs is of the mean over six
    torch.testing.assert_close(estimates.grad[..., :64], golden[f"out/mixit_grad_M{sources}"], atol=1e-8, rtol=1e-4)


def test_float32_near_the_threshold_chooses_as_float64():
    estimates = torch.randn(4, 4, 8000) * torch.tensor([1.0, 1e-2, 1e-3, 1e-4])[:, None]
    mixtures = torch.stack([estimates[:, [0, 2]].sum(1), estimates[:, [1, 3]].sum(1)], 1)
    assignment = mixit(estimates, mixtures, 100.0)[1]
    assert torch.equal(assignment, torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]]).expand(4, 2, 4))


def test_order_of_estimates_and_mixtures_does_not_count():
    estimates, mixtures = torch.randn(3, 4, 50), torch.randn(3, 2, 50)
    loss = MixIT()(estimates, mixtures)
    torch.testing.assert_close(MixIT()(estimates.flip(1), mixtures), loss)
    torch.testing.assert_close(MixIT()(estimates, mixtures.flip(1)), loss)


def test_a_silent_mixture_and_silence_have_finite_gradients():
    mixtures = torch.randn(2, 2, 50)
    mixtures[:, 1] = 0
    for scale in (0.0, 1.0):
        estimates = (scale * torch.randn(2, 4, 50)).requires_grad_()
        MixIT()(estimates, scale * mixtures).backward()
        assert estimates.grad.isfinite().all()


def test_one_batch_of_sixteen_sources_is_quick_enough_to_try_all():
    estimates = torch.randn(2, 16, 100)
    way = torch.arange(16) % 2
    mixtures = torch.nn.functional.one_hot(way).T.float() @ estimates
    assert torch.equal(mixit(estimates, mixtures)[1].argmax(1), way.expand(2, 16))


def test_too_many_assignments_are_refused():
    with pytest.raises(ValueError, match="2 mixtures and 21 sources have 2097152 assignments"):
        mixit(torch.zeros(1, 21, 4), torch.zeros(1, 2, 4))
