from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.explore.embeddings import Embeddings, Frames
from lightning_sepcl.explore.embeddings_file import write_embeddings


@pytest.fixture
def embeddings(origin):
    h = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    frames = Frames(np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0.5, 1.5, 0.5, 1.5]), np.array([0, 2, 4]))
    file, start = np.array([0, 0, 0, 1, 1]), np.array([0.0, 1, 2, 0, 1])
    return Embeddings(("a.wav", "b/c.wav"), np.array([4.0, 3.0]), file, start, start + 2, h, frames, origin)


def test_the_mean_of_each_file(embeddings):
    np.testing.assert_allclose(embeddings.file_means(), [embeddings.h[:3].mean(0), embeddings.h[3:].mean(0)], rtol=1e-5)


def test_frames_of_a_file(embeddings):
    time, h = embeddings.frames.of(1)
    assert time.tolist() == [0.5, 1.5]
    assert h.tolist() == [[6, 7, 8], [9, 10, 11]]


def test_nearest_finds_itself_first(embeddings):
    rows, scores = embeddings.nearest(embeddings.h, top=2)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)


def test_read_is_what_was_written(embeddings, tmp_path):
    write_embeddings(tmp_path / "a.npz", embeddings)
    assert Embeddings.read(str(tmp_path / "a.npz")).paths == embeddings.paths
