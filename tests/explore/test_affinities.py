from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.explore.affinities import conditional, neighbours_of_all, symmetric_affinities
from lightning_sepcl.explore.nearest import Index


def rows(count=60, dim=5, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def test_neighbours_are_those_of_a_slow_search():
    h = rows(1100)  # more than a block
    index = Index(h)
    places, distances = neighbours_of_all(index, h, 7)
    similar = index.rows.astype(np.float64) @ index.rows.T.astype(np.float64)
    np.fill_diagonal(similar, -np.inf)
    expected = np.argsort(-similar, axis=1)[:, :7]
    assert (places == expected).mean() > 0.999  # ties of float32
    apart = np.square(index.rows[:, None] - index.rows[places]).sum(-1)
    np.testing.assert_allclose(distances, apart, atol=1e-5)


def test_a_row_is_no_neighbour_of_itself_even_among_copies():
    h = np.repeat(rows(12), 9, axis=0)
    shares: list[float] = []
    places, distances = neighbours_of_all(Index(h), h, 4, shares.append)
    assert (places != np.arange(len(h))[:, None]).all()
    assert (places // 9 == np.arange(len(h))[:, None] // 9).all()
    np.testing.assert_allclose(distances, 0, atol=1e-6)
    assert shares[-1] == 1


def test_the_entropy_is_that_of_the_perplexity():
    distances = np.sort(np.random.default_rng(0).gamma(2, size=(20, 30)), axis=1).astype(np.float32)
    for scale in (1e-3, 1.0, 1e3):
        shares = conditional(np.float32(scale) * distances, 8.0)
        np.testing.assert_allclose(shares.sum(1), 1)
        np.testing.assert_allclose(np.exp(-(shares * np.log(shares)).sum(1)), 8.0, rtol=1e-6)
        assert (np.diff(shares, axis=1) <= 0).all()


def test_equally_far_neighbours_get_the_same():
    np.testing.assert_allclose(conditional(np.full((2, 6), 0.3, np.float32), 3.0), 1 / 6)


def test_affinities_are_those_of_scikit_learn():
    manifold = pytest.importorskip("sklearn.manifold._t_sne")
    from scipy.sparse import csr_matrix

    h = rows()
    places, distances = neighbours_of_all(Index(h), h, 18)
    ours = symmetric_affinities(places, distances, 6.0)
    indptr = np.arange(0, places.size + 1, places.shape[1])
    graph = csr_matrix((distances.ravel(), places.ravel(), indptr), shape=(len(h), len(h)))
    graph.sort_indices()
    theirs = manifold._joint_probabilities_nn(graph, 6.0, verbose=0).toarray()
    dense = np.zeros_like(theirs)
    dense[ours.rows, ours.columns] = ours.values
    np.testing.assert_allclose(dense, theirs, atol=2e-6)
    np.testing.assert_allclose(dense, dense.T)
    assert dense.sum() == pytest.approx(1)
