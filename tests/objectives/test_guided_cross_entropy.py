"""Sigmoid cross-entropy in bits: reference values, and a teacher that is not moved."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from lightning_sepcl.objectives import GuidedCrossEntropy, sigmoid_cross_entropy

GOLDEN = Path(__file__).parents[1] / "golden/conditioning/embeddings.npz"


def test_reference_values():
    with np.load(GOLDEN) as golden:
        target, predicted = (torch.from_numpy(golden[f"ce_{name}_logits"]) for name in ("target", "pred"))
        expected = float(golden["ce_full_log2_mean"])
    p, log_q, log_not_q = target.sigmoid(), logsigmoid(predicted), logsigmoid(-predicted)
    by_hand = -(p * log_q + (1 - p) * log_not_q) / math.log(2)
    torch.testing.assert_close(sigmoid_cross_entropy(target, predicted), by_hand, rtol=1e-9, atol=1e-9)
    assert GuidedCrossEntropy()(target, predicted).item() == pytest.approx(expected, rel=1e-12)
    assert GuidedCrossEntropy(0.5)(target, predicted).item() == pytest.approx(expected / 2, rel=1e-12)


def test_it_is_smallest_at_the_target_and_leaves_the_target_alone():
    target = torch.tensor([-3.0, 0.0, 2.0], requires_grad=True)
    predicted = target.detach().clone().requires_grad_(True)
    sigmoid_cross_entropy(target, predicted).sum().backward()
    torch.testing.assert_close(predicted.grad, torch.zeros(3), atol=1e-6, rtol=0)
    assert target.grad is None


def test_extreme_logits_stay_finite():
    extreme = torch.tensor([-1e4, -100.0, 100.0, 1e4], requires_grad=True)
    loss = sigmoid_cross_entropy(-extreme, extreme)
    loss.sum().backward()
    assert loss.isfinite().all()
    assert extreme.grad.isfinite().all()


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="`weight` is -1"):
        GuidedCrossEntropy(-1.0)
