from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.explore.repulsion import repulsion


def by_all_pairs(y):
    apart = y[:, None] - y[None]
    near = 1 / (1 + np.square(apart).sum(-1))
    np.fill_diagonal(near, 0)
    return ((near**2)[..., None] * apart).sum(1), near.sum()


@pytest.mark.parametrize(("deviation", "error"), [(1e-4, 1e-4), (1.0, 0.02), (15.0, 0.03), (50.0, 0.05)])
def test_forces_are_the_sums_over_all_pairs(deviation, error):
    y = np.random.default_rng(0).normal(size=(700, 2)) * [deviation, 0.6 * deviation] + 7
    push, total = repulsion(y)
    expected, whole = by_all_pairs(y)
    assert np.abs(push - expected).max() < error * np.abs(expected).max()
    assert total == pytest.approx(whole, rel=error)


def test_few_points_are_compared_pair_by_pair():
    y = np.random.default_rng(0).normal(size=(80, 2)) * 300
    push, total = repulsion(y)
    expected, whole = by_all_pairs(y)
    np.testing.assert_allclose(push, expected, atol=1e-12)
    assert total == pytest.approx(whole)


def test_a_map_that_is_too_wide_for_the_grid_is_still_pushed_apart():
    y = np.concatenate([np.random.default_rng(0).normal(size=(600, 2)), [[900.0, 0.0], [0.0, 900.0]]])
    push, total = repulsion(y)
    assert np.isfinite(push).all()
    assert total > 0
    assert (push[:600] * y[:600]).sum() > 0


def test_two_points_push_each_other_by_what_the_formula_says():
    push, total = repulsion(np.array([[0.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_allclose(push, [[-0.25, 0], [0.25, 0]], atol=1e-12)
    assert total == pytest.approx(1.0)
