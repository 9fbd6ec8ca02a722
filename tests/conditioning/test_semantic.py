"""Soft-OR, means in probability, stacks: exact values at any logit, with gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.conditioning.semantic import all_signals, mean_in_probability, soft_or

GOLDEN = Path(__file__).parents[1] / "golden/conditioning/embeddings.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return {
            name: torch.from_numpy(file[name]) for name in file if name.startswith(("pair", "triple", "rand", "tm"))
        }


@pytest.mark.parametrize("case", ["pair", "triple", "rand4"])
@pytest.mark.parametrize(("dtype", "relative"), [(torch.float64, 1e-15), (torch.float32, 5e-7)])
def test_soft_or_equals_the_exact_values(golden, case, dtype, relative):
    logits, expected = golden[f"{case}_logits"], golden[f"{case}_softor"]
    found = soft_or(logits.to(dtype)[None])[0].double()
    # relative to the size of the logits that go in: near zero the result is a difference of them
    scale = torch.maximum(expected.abs(), torch.ones(()))
    assert ((found - expected).abs() / scale).max() < relative * 4


@pytest.mark.parametrize("sources", [2, 3, 4])
def test_its_gradient_is_that_of_the_definition_where_that_can_be_computed(sources):
    logits = torch.randn(1, sources, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours, theirs = (logits.clone().requires_grad_(True) for _ in range(2))
    soft_or(ours).sum().backward()
    torch.logit(1 - (1 - theirs.sigmoid()).prod(1)).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", ["pair", "triple", "rand4"])
@pytest.mark.parametrize(("dtype", "relative"), [(torch.float64, 1e-13), (torch.float32, 2e-5)])
def test_its_gradient_is_the_closed_form_at_any_logit(golden, case, dtype, relative):
    """d/dv_i = sigmoid(v_i) / (1 - exp(-S)), S the sum of softplus(v): in numpy, by log(1 + e^v) without thresholds."""
    logits = golden[f"{case}_logits"]
    v = logits.numpy()
    joint = np.logaddexp(0, v).sum(0)
    expected = np.exp(v - np.logaddexp(0, v)) / -np.expm1(-joint)
    ours = logits.to(dtype)[None].requires_grad_(True)
    soft_or(ours).sum().backward()
    found = ours.grad[0].double().numpy()
    np.testing.assert_allclose(found, expected, rtol=relative, atol=10 * torch.finfo(dtype).tiny)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=4))
@settings(deadline=None, max_examples=80)
def test_gradients_are_finite_and_between_0_and_1(values):
    logits = torch.tensor(values)[None, :, None].requires_grad_(True)
    out = soft_or(logits)
    out.sum().backward()
    assert out.isfinite().all()
    assert out.item() >= max(values) - 1e-4  # never less likely than the likeliest source
    assert ((logits.grad >= 0) & (logits.grad <= 1 + 1e-5)).all()


def test_the_order_of_sources_does_not_matter(golden):
    logits = golden["rand4_logits"][None]
    torch.testing.assert_close(soft_or(logits), soft_or(logits.flip(1)), rtol=1e-12, atol=1e-12)


def test_the_mean_is_taken_of_probabilities(golden):
    found = mean_in_probability(golden["tmean_logits"].T)[:, 0]
    torch.testing.assert_close(found, golden["tmean_logit_of_meanprob"], rtol=1e-12, atol=1e-12)


def test_a_stack_holds_the_mixture_first():
    mixture, sources = torch.zeros(2, 3, 5), torch.arange(2 * 2 * 3 * 5.0).reshape(2, 2, 3, 5) + 1
    stack = all_signals(mixture, sources)
    assert stack.shape == (2, 9, 5)
    assert not stack[:, :3].any()
    assert torch.equal(stack[:, 3:6], sources[:, 0])
    assert torch.equal(stack[:, 6:], sources[:, 1])
