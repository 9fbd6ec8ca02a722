from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from lightning_sepcl.evaluation.standardise import standardised
from lightning_sepcl.explore import nearest as module
from lightning_sepcl.explore.nearest import Index


def rows(n=60, dim=5, seed=0):
    return (np.random.default_rng(seed).standard_normal((n, dim)) * [1, 5, 0.1, 1, 2] + 3).astype(np.float32)


def test_found_are_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_NUMBERS", 130)  # two queries at a time
    h, queries = rows(), rows(7, seed=1)
    scaler = StandardScaler().fit(h)
    found, scores = Index(h).nearest(queries, 4)
    peer = NearestNeighbors(n_neighbors=4, metric="cosine").fit(scaler.transform(h))
    distance, expected = peer.kneighbors(scaler.transform(queries))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(scores, 1 - distance, atol=1e-5)


def test_standardisation_is_that_of_the_evaluation():
    h = rows()
    expected = standardised(torch.from_numpy(h))[0].numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(Index(h).rows, expected, atol=1e-5)


def test_a_unit_of_a_dimension_does_not_matter_and_a_constant_one_says_nothing():
    h = rows()
    scaled = np.concatenate([h * np.float32(1000), np.full((len(h), 1), 7, np.float32)], axis=1)
    np.testing.assert_allclose(Index(scaled).rows[:, :5], Index(h).rows, atol=1e-5)
    assert not Index(scaled).rows[:, 5].any()


def test_the_earlier_of_equals_comes_first():
    h = np.array([[0, 1], [1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    found, scores = Index(h).nearest(np.array([[2, 0]], np.float32), 4)
    assert found.tolist() == [[1, 2, 3, 0]]
    assert scores.tolist() == [[1, 1, 1, 0]]


def test_forbidden_rows_are_not_found_and_fewer_are_found_where_there_are_fewer():
    h = rows()
    allowed = np.zeros(len(h), bool)
    allowed[[3, 17, 40]] = True
    found, scores = Index(h).nearest(h[:2], 10, allowed)
    assert found.shape == scores.shape == (2, 3)
    assert set(found[0]) == {3, 17, 40}
    assert Index(h).nearest(h[:2], 10, ~np.ones(len(h), bool))[0].shape == (2, 0)
    assert Index(h).nearest(h[:0], 3)[0].shape == (0, 3)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_tiny_collection_is_compared_as_it_is(n):
    h = rows(n)
    np.testing.assert_allclose(Index(h).rows, h / np.linalg.norm(h, axis=1, keepdims=True), rtol=1e-5)


def test_a_hundred_thousand_windows_take_no_time():
    torch.set_num_threads(1)
    h = np.random.default_rng(0).standard_normal((100_000, 128), np.float32)
    index = Index(h)
    began = time.process_time()
    found, _ = index.nearest(h[:10], 10)
    assert time.process_time() - began < 2
    assert found[:, 0].tolist() == list(range(10))
