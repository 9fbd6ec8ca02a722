"""LARS against the trajectories of Lightning Bolts' LARS, and against its equation."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.optim import LARS

GOLDEN = np.load(Path(__file__).parents[1] / "golden/optim/lars.npz")
RUNS = {
    "bolts_m09_eta1e-3": {"momentum": 0.9},
    "bolts_m09_eta1_sched": {"momentum": 0.9, "trust_coefficient": 1.0},
    "bolts_nesterov": {"momentum": 0.9, "nesterov": True},
    "bolts_m0": {},
    "bolts_wd0_all": {"momentum": 0.9},
}


def parameters():
    return {name: torch.nn.Parameter(torch.from_numpy(GOLDEN[name].copy())) for name in "Wbz"}


def groups(p, decay=0.01):
    return [{"params": [p["W"], p["z"]], "weight_decay": decay}, {"params": [p["b"]], "weight_decay": 0.0}]


@pytest.mark.filterwarnings("ignore:LARS without weight decay")
@pytest.mark.parametrize("run", RUNS)
def test_five_steps_are_those_of_bolts(run):
    p = parameters()
    optimizer = LARS(groups(p, 0.0 if run == "bolts_wd0_all" else 0.01), lr=0.1, **RUNS[run])
    for step in range(5):
        if run == "bolts_m09_eta1_sched":
            for group in optimizer.param_groups:
                group["lr"] = float(GOLDEN["lr_sched"][step])
        for name, parameter in p.items():
            parameter.grad = torch.from_numpy(GOLDEN[f"grad_{name}"][step].copy())
        optimizer.step()
        for name, parameter in p.items():
            np.testing.assert_allclose(parameter.detach(), GOLDEN[f"{run}_{name}"][step], rtol=1e-12, atol=1e-14)


def test_a_weight_moves_in_proportion_to_itself_whatever_its_gradient():
    """Without momentum: |step| = lr · eta · |w|, up to the share of the decay."""
    for scale in (1e-3, 1.0, 1e3):
        w = torch.nn.Parameter(torch.tensor([[3.0, 4.0]], dtype=torch.float64))
        optimizer = LARS([w], lr=2.0, weight_decay=1e-9, trust_coefficient=0.01)
        w.grad = scale * torch.tensor([[0.6, -0.8]], dtype=torch.float64)
        before = w.detach().clone()
        optimizer.step()
        assert (w - before).norm().item() == pytest.approx(2.0 * 0.01 * 5, rel=1e-4)


@pytest.mark.filterwarnings("ignore:LARS without weight decay")
def test_undecayed_groups_are_pytorchs_sgd():
    torch.manual_seed(0)
    ours = torch.nn.Parameter(torch.randn(4, 3))
    theirs = torch.nn.Parameter(ours.detach().clone())
    optimizers = LARS([ours], 0.1, momentum=0.9, nesterov=True), torch.optim.SGD([theirs], 0.1, 0.9, nesterov=True)
    for _ in range(6):
        ours.grad = torch.randn(4, 3)
        theirs.grad = ours.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_gradients_are_not_touched():
    w = torch.nn.Parameter(torch.ones(2, 2))
    w.grad = torch.full((2, 2), 3.0)
    LARS([w], 0.1, momentum=0.9, weight_decay=0.1, nesterov=True).step()
    assert torch.equal(w.grad, torch.full((2, 2), 3.0))


def trained(optimizer, w, steps):
    for _ in range(steps):
        w.grad = w.detach().cos()
        optimizer.step()


def test_it_goes_on_from_its_saved_state():
    kwargs = {"lr": 0.5, "momentum": 0.9, "weight_decay": 0.1, "trust_coefficient": 0.1}
    whole = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    first = torch.nn.Parameter(whole.detach().clone())
    trained(LARS([whole], **kwargs), whole, 5)
    optimizer = LARS([first], **kwargs)
    trained(optimizer, first, 2)
    second = torch.nn.Parameter(first.detach().clone())
    resumed = LARS([second], **kwargs)
    resumed.load_state_dict(optimizer.state_dict())
    trained(resumed, second, 3)
    assert torch.equal(second, whole)


def test_a_closure_is_evaluated_with_gradient_and_its_loss_returned():
    w, unused = torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))
    optimizer = LARS([w, unused], 0.1, weight_decay=0.1)

    def closure():
        loss = w.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4
    assert (w < 1).all()
    assert torch.equal(unused, torch.ones(2))


def test_no_decay_anywhere_is_told():
    with pytest.warns(UserWarning, match="LARS without weight decay is momentum SGD"):
        LARS([torch.nn.Parameter(torch.ones(2))], 0.1)


@pytest.mark.parametrize("kwargs", [{"lr": -1.0}, {"lr": 1.0, "momentum": 1.0}, {"lr": 1.0, "weight_decay": -0.1}])
def test_nonsense_is_refused(kwargs):
    with pytest.raises(ValueError, match="LARS"):
        LARS([torch.nn.Parameter(torch.ones(2))], **kwargs)
    with pytest.raises(ValueError, match="nesterov"):
        LARS([torch.nn.Parameter(torch.ones(2))], 1.0, nesterov=True)
