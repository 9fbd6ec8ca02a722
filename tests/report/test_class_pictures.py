from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lightning_sepcl.report.class_pictures import agreement_figure, map_figure, principal_plane
from lightning_sepcl.report.run_folder import EmbeddedSet


def test_the_plane_is_that_of_scikit_learn():
    h = np.random.default_rng(0).standard_normal((50, 7)) @ np.diag([5, 3, 1, 1, 1, 1, 1])
    plane, share = principal_plane(h.astype(np.float32))
    pca = PCA(2).fit(h)
    np.testing.assert_allclose(np.abs(plane), np.abs(pca.transform(h)), atol=1e-4)  # the sign is free
    np.testing.assert_allclose(share, pca.explained_variance_ratio_, rtol=1e-5)


@pytest.mark.parametrize("h", [np.ones((4, 3)), np.ones((4, 1)), np.arange(4.0)[:, None]])
def test_representations_with_hardly_any_variance(h):
    plane, share = principal_plane(h.astype(np.float32))
    assert plane.shape == (4, 2)
    assert np.isfinite(plane).all()
    assert np.isfinite(share).all()


def test_the_map_shows_every_clip_once_and_at_most_2000():
    rng = np.random.default_rng(0)
    target = np.eye(3, dtype=np.float32)[np.arange(3000) % 3]
    h = rng.standard_normal((3000, 4)).astype(np.float32)
    embedded = EmbeddedSet(tuple(map(str, range(3000))), target, ("a", "b", "c"), {"h": h})
    figure = map_figure(embedded, ["h"], ["a", "c"], 0)
    groups = figure.axes[0].collections
    assert sum(len(g.get_offsets()) for g in groups) == 2000
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["other classes", "a", "c"]


def test_classes_are_sorted_by_ours_and_empty_ones_left_out():
    figure = agreement_figure(
        {"ours": np.array([0.2, np.nan, 0.9]), "raw": np.array([0.3, np.nan, 0.1])}, ["a", "b", "c"]
    )
    axis = figure.axes[0]
    assert [t.get_text() for t in axis.get_yticklabels()] == ["c", "a"]
    assert [line.get_xdata().tolist() for line in axis.lines] == [[0.9, 0.2], [0.1, 0.3]]
