"""The optimiser of CLAR's code against the trajectory of its original."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.optim import LARSAdam

FOLDER = Path(__file__).parents[1] / "golden/optim"


def test_five_steps_are_those_of_the_original():
    inputs, expected = np.load(FOLDER / "lars.npz"), np.load(FOLDER / "lars_adam.npz")
    p = {name: torch.nn.Parameter(torch.from_numpy(inputs[name].copy())) for name in "Wbz"}
    optimizer = LARSAdam([{"params": [p["W"], p["z"]]}, {"params": [p["b"]], "weight_decay": 0.0}], lr=1.0)
    for step in range(5):
        for group in optimizer.param_groups:
            group["lr"] = float(inputs["lr_sched"][step])
        for name, parameter in p.items():
            parameter.grad = torch.from_numpy(inputs[f"grad_{name}"][step].copy())
        optimizer.step()
        for name, parameter in p.items():
            np.testing.assert_allclose(parameter.detach(), expected[name][step], rtol=1e-9, atol=1e-12)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [1e-6, 0.0]


def test_adam_undoes_the_scaling():
    """The first step moves each weight by the learning rate, however large it is."""
    for size in (1e-2, 1.0, 1e2):
        w = torch.nn.Parameter(size * torch.tensor([[3.0, -4.0]], dtype=torch.float64))
        before = w.detach().clone()
        w.grad = torch.tensor([[0.6, -0.8]], dtype=torch.float64)
        LARSAdam([w], lr=0.5).step()
        torch.testing.assert_close((w - before).abs().detach(), torch.full_like(before, 0.5), rtol=1e-3, atol=0)


def test_negative_settings_are_refused():
    with pytest.raises(ValueError, match="must not be below 0"):
        LARSAdam([torch.nn.Parameter(torch.zeros(1))], lr=-1.0)
