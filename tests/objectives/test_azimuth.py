from __future__ import annotations

import torch

from lightning_sepcl.objectives import AzimuthLoss, PairOfAzimuthsLoss


def test_a_right_guess_costs_nothing_and_the_opposite_most():
    loss, azimuth = AzimuthLoss(), torch.tensor([0.0, 90.0, -180.0])
    right = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    assert float(loss(right, azimuth)) < 1e-12
    assert float(loss(-right, azimuth)) == 2.0  # the squared diameter, a mean over two coordinates


def test_the_circle_has_no_seam():
    guess = torch.tensor([[-1.0, 0.0]])
    torch.testing.assert_close(
        AzimuthLoss()(guess, torch.tensor([179.0])), AzimuthLoss()(guess, torch.tensor([-179.0]))
    )


def test_unknown_azimuths_do_not_count():
    guess = torch.tensor([[1.0, 0.0], [5.0, 5.0]], requires_grad=True)
    loss = AzimuthLoss()(guess, torch.tensor([0.0, torch.nan]))
    loss.backward()
    assert float(loss.detach()) == 0
    assert bool(guess.grad.isfinite().all())


def test_a_pair_is_the_better_of_both_orders():
    """Against a loop over clips and orders."""
    generator = torch.Generator().manual_seed(0)
    guess = torch.randn(20, 4, generator=generator)
    azimuth = 360 * torch.rand(20, 2, generator=generator) - 180
    azimuth[7, 1] = azimuth[3, 0] = torch.nan
    single, costs = AzimuthLoss(), []
    for row, where in zip(guess, azimuth, strict=True):
        one, other = row[None, :2], row[None, 2:]
        if bool(where[0].isnan()):
            continue
        if bool(where[1].isnan()):
            costs.append(min(float(single(one, where[:1])), float(single(other, where[:1]))))
            continue
        straight = single(one, where[:1]) + single(other, where[1:])
        crossed = single(other, where[:1]) + single(one, where[1:])
        costs.append(float(torch.minimum(straight, crossed)) / 2)
    assert len(costs) == 19
    torch.testing.assert_close(PairOfAzimuthsLoss()(guess, azimuth), torch.tensor(costs).mean())
