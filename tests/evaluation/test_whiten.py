"""Whitening against its definition: decorrelated, weights by the floor, the same for moved and turned data."""

import torch

from lightning_sepcl.evaluation.whiten import FLOOR, whitened


def correlated(n=400, dim=6, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, dim, generator=g) @ torch.randn(dim, dim, generator=g) + torch.randn(dim, generator=g)


def test_directions_are_uncorrelated_and_as_long_as_the_floor_says():
    x = correlated()
    (white,) = whitened(x)
    covariance = white.T.double() @ white.double()
    size = torch.linalg.svdvals((x - x.mean(0)).double())
    expected = size**2 / ((size / size[0]) ** 2 + FLOOR)
    torch.testing.assert_close(covariance, torch.diag(expected), atol=1e-2, rtol=1e-4)


def test_cosines_do_not_depend_on_where_the_data_lies_and_how_it_is_turned():
    x, other = correlated(), correlated(seed=1)
    turn, _ = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(3)))

    def cosines(train, test):
        _, w = whitened(train, test)
        w = torch.nn.functional.normalize(w, dim=1)
        return w @ w.T

    torch.testing.assert_close(cosines(x, other), cosines(x @ turn * 5 + 3, other @ turn * 5 + 3), atol=2e-4, rtol=0)


def test_constant_training_clips_leave_nothing_to_tell_apart():
    train, test = whitened(torch.ones(5, 3), torch.randn(2, 3))
    assert train.shape == (5, 0)
    assert test.shape == (2, 0)
