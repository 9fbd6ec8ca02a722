"""Schedules against their closed forms, step by step through PyTorch's scheduler."""

import math

import pytest
import torch

from lightning_sepcl.optim import Constant, WarmupCosine


def rates(schedule, total, steps=None, lr=2.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr)
    scheduler, seen = schedule(optimizer, total), []
    for _ in range(steps or total):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_constant():
    assert rates(Constant(), 5) == [2.0] * 5


@pytest.mark.parametrize(("warmup", "final", "total", "rise"), [(0.2, 0.1, 50, 10), (0.05, 0.0, 1000, 50)])
def test_rise_and_cosine(warmup, final, total, rise):
    seen = rates(WarmupCosine(warmup, final), total)
    line = [2 * (s + 1) / (rise + 1) for s in range(rise)]
    fall = total - rise
    curve = [2 * (final + (1 - final) * math.cos(math.pi * s / fall / 2) ** 2) for s in range(fall)]
    assert seen == pytest.approx(line + curve)
    assert max(seen) == seen[rise] == 2.0
    assert seen.count(2.0) == 1
    assert min(seen) > 0


def test_without_warmup_it_is_pytorchs_cosine():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 2.0)
    theirs, expected = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20), []
    for _ in range(20):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert rates(WarmupCosine(0.0), 20) == pytest.approx(expected)


def test_behind_the_end_the_rate_stays():
    assert rates(WarmupCosine(0.1, final=0.25), 10, steps=14)[10:] == pytest.approx([0.5] * 4)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_the_shortest_runs_have_a_rate(total):
    assert all(0 < rate <= 2 for rate in rates(WarmupCosine(0.5), total))


def test_every_group_keeps_its_own_rate():
    p, q = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([{"params": [p], "lr": 1.0}, {"params": [q], "lr": 10.0}])
    WarmupCosine(0.5)(optimizer, 20)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([1 / 11, 10 / 11])


def test_it_goes_on_from_its_saved_state():
    whole = rates(WarmupCosine(0.2), 20)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 2.0)
    scheduler = WarmupCosine(0.2)(optimizer, 20)
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    other = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 2.0)
    resumed = WarmupCosine(0.2)(other, 20)
    resumed.load_state_dict(scheduler.state_dict())
    other.load_state_dict(optimizer.state_dict())
    seen = []
    for _ in range(13):
        seen.append(other.param_groups[0]["lr"])
        other.step()
        resumed.step()
    assert seen == whole[7:]


@pytest.mark.parametrize("kwargs", [{"warmup": 1.0}, {"warmup": -0.1}, {"final": 1.5}])
def test_nonsense_is_refused(kwargs):
    with pytest.raises(ValueError, match="WarmupCosine"):
        WarmupCosine(**kwargs)
    with pytest.raises(ValueError, match="at least one step"):
        rates(Constant(), 0)
