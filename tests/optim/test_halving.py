"""The halving schedule against its closed form, through PyTorch's scheduler."""

from itertools import pairwise

import pytest
import torch

from lightning_sepcl.optim import Halving


def rates(schedule, total, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 2.0)
    scheduler, seen = schedule(optimizer, total), []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


@pytest.mark.parametrize("total", [3, 1000])
def test_the_rate_halves_every_so_many_steps_whatever_the_length_of_the_run(total):
    seen = rates(Halving(10), total, 31)
    assert seen[::10] == pytest.approx([2.0, 1.0, 0.5, 0.25])
    assert [after / before for before, after in pairwise(seen)] == pytest.approx([0.5**0.1] * 30)


def test_as_published_it_has_lost_less_than_half_at_the_end_of_the_separators_training():
    schedule = Halving()
    assert schedule.factor(0, 1) == 1
    assert schedule.factor(2_000_000, 1) == 0.5
    assert schedule.factor(1_700_000, 1_700_000) == pytest.approx(0.5547847, rel=1e-6)


def test_it_equals_pytorchs_exponential_schedule():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 2.0)
    theirs, expected = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5 ** (1 / 7)), []
    for _ in range(20):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert rates(Halving(7), 20, 20) == pytest.approx(expected)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="`steps` must be at least 1, found 0"):
        Halving(0)
