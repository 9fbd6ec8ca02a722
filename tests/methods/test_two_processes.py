"""Every method on two processes: the loss and the gradients of one process, or the mean of two, as its reading asks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.methods.cases import CASES, half
from tests.processes import together

HERE = Path(__file__).parent
DEFAULT = ["joint"]


def on_two(folder, names=()):
    """What two processes computed, by their ranks."""
    together(HERE / "two_processes.py", folder, *names)
    return [torch.load(folder / f"rank{r}.pt", weights_only=True) for r in range(2)]


def alone(case, batch):
    """Loss and gradients of one process without a trainer."""
    model = case.build().train()
    loss, _ = model.loss(batch, torch.Generator())
    loss.backward()
    return loss.detach(), {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def expected(case):
    if case.joined:
        return alone(case, case.batch())
    (first, there), (second, here) = (alone(case, half(case.batch(), rank)) for rank in (0, 1))
    return (first + second) / 2, {name: (there[name] + here[name]) / 2 for name in there}


def compare(name, ranks):
    loss, gradients = expected(CASES[name])
    torch.testing.assert_close((ranks[0][name]["loss"] + ranks[1][name]["loss"]) / 2, loss, rtol=1e-5, atol=1e-5)
    largest = max(float(g.abs().max()) for g in gradients.values())
    assert largest > 1e-4  # else all would be equal
    for rank in ranks:
        found = rank[name]["gradients"]
        assert found.keys() == gradients.keys()
        for parameter, gradient in gradients.items():
            torch.testing.assert_close(
                found[parameter], gradient, rtol=1e-3, atol=1e-4 * largest, msg=lambda m, p=parameter: f"{p}: {m}"
            )


def test_joint_on_two_processes(tmp_path):
    ranks = on_two(tmp_path, DEFAULT)
    for name in DEFAULT:
        compare(name, ranks)


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    return on_two(tmp_path_factory.mktemp("ranks"))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_processes(name, every):
    compare(name, every)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.joined])
def test_on_gpus_lightning_finds_every_batch_norm(name):
    """`trainer.sync_batchnorm` exchanges them; torch's own does not run on CPUs, so its figures are not tested here."""
    norm = torch.nn.modules.batchnorm._BatchNorm
    model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(CASES[name].build())
    assert all(isinstance(m, torch.nn.SyncBatchNorm) for m in model.modules() if isinstance(m, norm))
