from __future__ import annotations

import numpy as np

from lightning_sepcl.explore.page import background_map
from lightning_sepcl.explore.page.background_map import BackgroundMap


def test_a_map_is_made_once_and_read_afterwards(embeddings, tmp_path, monkeypatch):
    first = BackgroundMap(embeddings, tmp_path / "map.npz")
    first.start()
    first.wait()
    assert first.places.shape == (10, 2)
    assert first.share == 1
    monkeypatch.setattr(background_map, "neighbour_map", None)
    second = BackgroundMap(embeddings, tmp_path / "map.npz")
    second.start()
    np.testing.assert_array_equal(second.places, first.places)


def test_a_map_that_is_given_up_leaves_nothing(embeddings, tmp_path, monkeypatch):
    begun = BackgroundMap(embeddings, tmp_path / "map.npz")

    def endless(index, h, tell):
        begun._stop.set()
        while True:
            tell(0.1)

    monkeypatch.setattr(background_map, "neighbour_map", endless)
    begun.start()
    begun.stop()
    assert begun.places is None
    assert not (tmp_path / "map.npz").exists()
    assert begun.failed == ""


def test_a_map_that_cannot_be_kept_is_there_all_the_same(embeddings, tmp_path, capsys):
    (tmp_path / "file").touch()
    begun = BackgroundMap(embeddings, tmp_path / "file/map.npz")
    begun.start()
    begun.wait()
    assert begun.places is not None
    assert "the map cannot be kept" in capsys.readouterr().err


def test_a_failure_is_told(embeddings, tmp_path, monkeypatch, capsys):
    def broken(index, h, tell):
        raise ValueError("no memory")

    monkeypatch.setattr(background_map, "neighbour_map", broken)
    begun = BackgroundMap(embeddings, tmp_path / "map.npz")
    begun.start()
    begun.stop()
    assert begun.failed == "the map of neighbours could not be made: no memory"
    assert begun.failed in capsys.readouterr().err
