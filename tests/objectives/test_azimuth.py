from __future__ import annotations

import torch

from lightning_sepcl.objectives import AzimuthLoss


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
