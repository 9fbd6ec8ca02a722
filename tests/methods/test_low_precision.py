"""`trainer.precision=bf16-mixed`: every method's loss is near the float32 one, and features and losses stay float32."""

from __future__ import annotations

import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision

from lightning_sepcl.methods.base import Method
from tests.methods.cases import CASES

PLUGIN = MixedPrecision("bf16-mixed", "cpu")


def loss_of(name, low):
    """Loss, gradients, and what the encoder was fed."""
    model, batch, fed = CASES[name].build().train(), CASES[name].batch(), []
    if isinstance(model, Method):
        model.encoder.register_forward_pre_hook(lambda module, args: fed.append(args[0].detach()))
    if low:
        with PLUGIN.train_step_context():
            loss, parts = model.loss(batch, torch.Generator())
    else:
        loss, parts = model.loss(batch, torch.Generator())
    loss.backward()
    return loss.detach(), parts, [p.grad for p in model.parameters() if p.grad is not None], fed


@pytest.mark.parametrize("name", CASES)
def test_near_float32(name):
    (exact, _, gradients, features), (low, parts, low_gradients, low_features) = loss_of(name, 0), loss_of(name, 1)
    assert low.dtype in (torch.float32, torch.float64)
    assert all(value.dtype != torch.bfloat16 for value in parts.values())
    torch.testing.assert_close(low.to(exact.dtype), exact, rtol=0.03, atol=0.1)
    for x, y in zip(features, low_features, strict=True):
        assert y.dtype == torch.float32
        assert torch.equal(x, y)
    assert all(g.isfinite().all() and g.dtype == torch.float32 for g in low_gradients)
    flat, low_flat = (torch.cat([g.flatten() for g in found]) for found in (gradients, low_gradients))
    assert torch.nn.functional.cosine_similarity(flat, low_flat, dim=0) > 0.9


def test_something_was_computed_in_low_precision():
    exact, low = loss_of("SimCLR", 0)[0], loss_of("SimCLR", 1)[0]
    assert exact != low
