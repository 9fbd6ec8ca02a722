"""Batch norm over all processes: torch's own where there is one, and the exchange of classes."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from lightning_sepcl.methods import global_batch_norm
from lightning_sepcl.methods.global_batch_norm import GlobalBatchNorm, GlobalBatchNorms


@pytest.fixture
def pretended(monkeypatch):
    """Two processes of which the other holds nothing: the sums of all are this one's."""
    monkeypatch.setattr(global_batch_norm, "world_size", lambda: 2)
    monkeypatch.setattr(global_batch_norm, "sum_over_processes", lambda x: x)


@pytest.mark.parametrize("settings", [{}, {"affine": False}, {"momentum": None}, {"track_running_stats": False}])
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (4, 3, 5, 2)])
def test_its_sums_give_what_torchs_own_gives(shape, settings, pretended):
    own = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)](3, **settings)
    ours = GlobalBatchNorm(3, **settings)
    for step in range(2):
        x = 2 + 3 * torch.randn(shape, generator=torch.Generator().manual_seed(step))
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        y, z = own(a), ours(b)
        torch.testing.assert_close(z, y, rtol=1e-4, atol=1e-5)
        for out in (y, z):
            (out**3).sum().backward()
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-3)
    for name, value in own.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value)
    torch.testing.assert_close(ours.eval()(x), own.eval()(x))


def test_statistics_are_float32_under_low_precision(pretended):
    norm, x = GlobalBatchNorm(3), 100 + torch.randn(64, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert norm(x).dtype == torch.bfloat16
    torch.testing.assert_close(norm.running_mean, 0.1 * x.float().mean(0))


def test_one_process_keeps_torchs_own():
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(GlobalBatchNorm(3)(x), nn.BatchNorm1d(3)(x))


def test_every_norm_is_exchanged_for_a_training_and_given_back():
    model = pl.LightningModule()
    model.layers = nn.Sequential(
        nn.Conv1d(2, 3, 1), nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm2d(4), nn.LayerNorm(2))
    )
    weights, callback = [id(p) for p in model.parameters()], GlobalBatchNorms()
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    callback.setup(trainer, model, "test")
    assert type(model.layers[1]) is nn.BatchNorm1d
    names = list(model.state_dict())
    callback.setup(trainer, model, "fit")
    assert [type(m) for m in (model.layers[1], model.layers[2][0])] == [GlobalBatchNorm] * 2
    assert type(model.layers[2][1]) is nn.LayerNorm
    assert ([id(p) for p in model.parameters()], list(model.state_dict())) == (weights, names)
    callback.teardown(trainer, model, "fit")
    assert [type(m) for m in (model.layers[1], model.layers[2][0])] == [nn.BatchNorm1d, nn.BatchNorm2d]
