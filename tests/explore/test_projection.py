from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.explore.nearest import Index
from lightning_sepcl.explore.projection import neighbour_map, principal_plane


def clusters(count=240, groups=12, dim=24):
    rng = np.random.default_rng(0)
    of = rng.integers(groups, size=count)
    centres = rng.normal(size=(groups, dim)) * 2
    return (centres[of] + rng.normal(size=(count, dim))).astype(np.float32), of


def kept_neighbours(rows, plane, count=10):
    """Share of the nearest rows that are nearest in the plane too."""

    def nearest(x):
        apart = np.square(x[:, None].astype(np.float64) - x[None]).sum(-1)
        np.fill_diagonal(apart, np.inf)
        return np.argsort(apart, axis=1)[:, :count]

    return np.mean([len(set(a) & set(b)) / count for a, b in zip(nearest(rows), nearest(plane), strict=True)])


@pytest.fixture(scope="module")
def made():
    h, of = clusters()
    shares: list[float] = []
    return h, of, Index(h), neighbour_map(Index(h), h, 0, shares.append), shares


def test_neighbours_stay_neighbours_far_more_than_in_the_principal_plane(made):
    _, of, index, places, _ = made
    plane = principal_plane(index)
    ours, flat = kept_neighbours(index.rows, places), kept_neighbours(index.rows, plane)
    assert ours > 0.5
    assert ours > 2 * flat
    apart = np.square(places[:, None] - places[None]).sum(-1)
    np.fill_diagonal(apart, np.inf)
    assert (of[apart.argmin(1)] == of).mean() > 0.97


def test_neighbours_are_kept_as_well_as_by_scikit_learn(made):
    manifold = pytest.importorskip("sklearn.manifold")
    _, _, index, places, _ = made
    rows = index.rows.astype(np.float64)
    start = principal_plane(index).astype(np.float64)
    theirs = manifold.TSNE(perplexity=20, init=start / start[:, 0].std() * 1e-4, random_state=0, max_iter=750)
    expected = manifold.trustworthiness(rows, theirs.fit_transform(rows), n_neighbors=10)
    assert manifold.trustworthiness(rows, places.astype(np.float64), n_neighbors=10) > expected - 0.01


def test_the_same_seed_gives_the_same_bits_and_progress_comes_to_its_end(made):
    h, _, index, places, shares = made
    np.testing.assert_array_equal(neighbour_map(index, h, 0), places)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert places.dtype == np.float32


def test_the_principal_plane_is_that_of_the_singular_values():
    h, _ = clusters(50)
    index = Index(h)
    rows = index.rows - index.rows.mean(0)
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    np.testing.assert_allclose(np.abs(principal_plane(index)), np.abs(left[:, :2] * values[:2]), atol=1e-4)


@pytest.mark.parametrize(("count", "dim"), [(1, 4), (2, 4), (7, 4), (9, 1), (40, 3)])
def test_small_collections_have_a_map(count, dim):
    h = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    places = neighbour_map(Index(h), h)
    assert places.shape == principal_plane(Index(h)).shape == (count, 2)
    assert np.isfinite(places).all()


def test_copies_of_one_sound_have_a_map():
    h = np.repeat(clusters(1)[0], 30, axis=0)
    assert np.isfinite(neighbour_map(Index(h), h)).all()
