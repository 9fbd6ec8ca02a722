from __future__ import annotations

import numpy as np

from lightning_sepcl.explore.affinities import neighbours_of_all, symmetric_affinities
from lightning_sepcl.explore.nearest import Index
from lightning_sepcl.explore.tsne import gradient


def test_the_gradient_is_that_of_the_divergence():
    """By differences of the Kullback-Leibler divergence itself, over all pairs."""
    h = np.random.default_rng(0).normal(size=(600, 6)).astype(np.float32)
    found = symmetric_affinities(*neighbours_of_all(Index(h), h, 15), 5.0)
    y = np.random.default_rng(1).normal(size=(600, 2)) * 9

    def divergence(places):
        near = 1 / (1 + np.square(places[:, None] - places[None]).sum(-1))
        np.fill_diagonal(near, 0)
        q = near[found.rows, found.columns] / near.sum()
        return (found.values * np.log(found.values / q)).sum()

    slope = gradient(found, y)
    for i, axis in [(0, 0), (17, 1), (599, 0)]:
        step = np.zeros_like(y)
        step[i, axis] = 1e-5
        expected = (divergence(y + step) - divergence(y - step)) / 2e-5
        assert abs(slope[i, axis] - expected) < 0.02 * np.abs(slope).max()
