from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lightning_sepcl.explore import parts as module
from lightning_sepcl.explore.parts import Parts, joined
from lightning_sepcl.explore.recordings import Recording


def recording(windows, frames=0, seed=0):
    rng = np.random.default_rng(seed)
    start = np.arange(windows, dtype=float)
    times = (np.arange(frames) + 0.5, rng.standard_normal((frames, 4)).astype(np.float32)) if frames else (None, None)
    return Recording(windows + 1.0, start, start + 2, rng.standard_normal((windows, 3)).astype(np.float32), *times)


@pytest.fixture
def of(tmp_path, origin, monkeypatch):
    """Makes `Parts` that save at once."""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_PARTS", 0.0)

    def make(frames=False, origin=origin, fingerprints=None):
        return Parts(tmp_path / "a.npz", origin, frames, fingerprints or {"x": "1", "y": "1", "z": "1"})

    return make


def same(a, b):
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))


@pytest.mark.parametrize("frames", [0, 5])
def test_what_was_finished_is_taken_over(of, frames):
    first = of(frames > 0)
    given = {"y": recording(3, frames), "x": recording(1, frames, 1)}
    for path, found in given.items():
        first.add(path, found)
    assert len(list(first.folder.iterdir())) == 2
    again = of(frames > 0)
    assert again.done.keys() == given.keys()
    assert all(same(again.done[path], given[path]) for path in given)
    again.add("z", recording(2, frames, 2))
    assert of(frames > 0).done.keys() == {"x", "y", "z"}
    again.remove()
    assert not again.folder.exists()


def test_other_settings_and_changed_files_are_not(of, origin):
    first = of()
    first.add("x", recording(1))
    first.add("y", recording(2))
    assert of(frames=True).done == {}
    assert of(origin=dataclasses.replace(origin, hop_seconds=0.5)).done == {}
    assert of(fingerprints={"x": "2", "y": "1"}).done.keys() == {"y"}


def test_a_part_that_was_cut_short_is_made_again(of):
    first = of()
    first.add("x", recording(1))
    first.add("y", recording(2))
    part = sorted(first.folder.iterdir())[0]
    part.write_bytes(part.read_bytes()[:300])
    assert of().done.keys() == {"y"}


def test_parts_are_saved_now_and_then(of, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_PARTS", 1000.0)
    parts = of()
    parts.add("x", recording(1))
    assert not parts.folder.exists()
    parts.save()
    assert len(list(parts.folder.iterdir())) == 1


def test_joined_in_the_order_of_paths(origin):
    x, y = recording(1, 2), recording(3, 1, seed=1)
    whole = joined({"y": y, "x": x}, origin)
    assert whole.paths == ("x", "y")
    assert whole.file.tolist() == [0, 1, 1, 1]
    assert np.array_equal(whole.h, np.concatenate([x.h, y.h]))
    assert whole.frames.offsets.tolist() == [0, 2, 3]
