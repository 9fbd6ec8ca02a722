from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.explore.stored_map import map_file, read_map, write_map

H = np.arange(12, dtype=np.float32).reshape(4, 3)
PLACES = np.arange(8, dtype=np.float32).reshape(4, 2)


def test_a_map_is_read_again_for_the_same_rows_alone(tmp_path):
    file = map_file(tmp_path / "a.npz")
    assert read_map(file, H) is None
    write_map(file, H, PLACES)
    np.testing.assert_array_equal(read_map(file, H), PLACES)
    assert read_map(file, H + 1) is None
    assert read_map(file, H[:3]) is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz.map.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"text"])
def test_a_damaged_map_is_none(tmp_path, content):
    (tmp_path / "map").write_bytes(content)
    assert read_map(tmp_path / "map", H) is None


def test_places_that_are_not_finite_are_none(tmp_path):
    write_map(tmp_path / "map", H, PLACES * np.float32("nan"))
    assert read_map(tmp_path / "map", H) is None
