from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from lightning_sepcl.report import neighbours as module
from lightning_sepcl.report.neighbours import agreement_by_class, choose_queries, nearest, neighbours, some_queries
from lightning_sepcl.report.run_folder import EmbeddedSet


def embedded(h, target):
    names = tuple(f"class {c}" for c in range(target.shape[1]))
    return EmbeddedSet(tuple(f"clip {i}" for i in range(len(h))), target.astype(np.float32), names, {"h": h})


def test_neighbours_are_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 7)
    h = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
    clips, cosines = nearest(h, np.arange(40), 4)
    distance, expected = NearestNeighbors(n_neighbors=5, metric="cosine").fit(h).kneighbors(h)
    np.testing.assert_array_equal(clips, expected[:, 1:])
    np.testing.assert_allclose(cosines, 1 - distance[:, 1:], atol=1e-6)


def test_a_clip_is_not_its_own_neighbour_even_when_others_are_equal():
    clips, cosines = nearest(np.ones((5, 3), np.float32), np.arange(5), 4)
    assert all(i not in row for i, row in enumerate(clips))
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


def test_silence_has_cosine_zero():
    h = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    assert nearest(h, np.array([0]), 2)[1].tolist() == [[0.0, 0.0]]


def test_a_shared_class_is_told():
    h = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], np.float32)
    target = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    found = neighbours(embedded(h, target), "h", [0], 10)[0]
    assert [(n.clip, n.same) for n in found] == [(1, True), (2, False), (3, True)]


def test_agreement_has_a_known_value():
    # class 0 sits together, class 1 has one of three clips among class 0, class 2 is empty
    h = np.array([[1, 0], [1, 0.01], [1, 0.02], [0, 1], [0.01, 1], [1, 0.015]], np.float32)
    target = np.eye(3)[[0, 0, 0, 1, 1, 1]]
    got = agreement_by_class(embedded(h, target), "h", 1)
    # clip 5 is nearest to clip 1 or 2, both of which have it as their nearest
    assert got[:2].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert np.isnan(got[2])


def test_queries_visit_every_class_before_any_twice():
    target = np.eye(4)[np.repeat(np.arange(4), 10)].astype(np.float32)
    chosen = choose_queries(target, 8, seed=3)
    assert sorted(chosen[i] // 10 for i in range(4)) == [0, 1, 2, 3]
    assert len(set(chosen)) == 8
    assert chosen == choose_queries(target, 8, seed=3) != choose_queries(target, 8, seed=4)


def test_fewer_clips_than_queries_and_clips_of_several_classes():
    target = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]], np.float32)
    assert sorted(choose_queries(target, 8, seed=0)) == [0, 1]
    assert choose_queries(np.zeros((3, 2), np.float32), 8, seed=0) == []


def test_queries_without_labels_are_drawn_from_everywhere():
    chosen = some_queries(1000, 8, seed=0)
    assert len(set(chosen)) == 8
    assert chosen == sorted(chosen) == some_queries(1000, 8, seed=0)
    assert max(chosen) > 500 > min(chosen)
    assert some_queries(3, 8, seed=0) == [0, 1, 2]
