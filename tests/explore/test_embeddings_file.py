from __future__ import annotations

import dataclasses
import errno
import sys

import numpy as np
import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore import embeddings_file
from lightning_sepcl.explore.embeddings_file import check_suffix, frames_file, read_embeddings, write_embeddings
from tests.explore.test_embeddings import embeddings  # noqa: F401 - a fixture


def assert_equal(a, b):
    assert a.paths == b.paths
    assert a.origin == b.origin
    for name in ("seconds", "file", "start", "end", "h"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), strict=True)
    assert (a.frames is None) == (b.frames is None)
    for field in ("h", "time", "offsets") if a.frames else ():
        np.testing.assert_array_equal(getattr(a.frames, field), getattr(b.frames, field), strict=True)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("with_frames", [True, False])
def test_what_is_read_is_what_was_written(embeddings, tmp_path, suffix, with_frames):  # noqa: F811
    if suffix == ".parquet":
        pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    path = tmp_path / f"birds.v2{suffix}"
    write_embeddings(path, embeddings)
    if not with_frames:  # must not find the frames of the file it replaces
        embeddings = dataclasses.replace(embeddings, frames=None)
        write_embeddings(path, embeddings)
    assert_equal(read_embeddings(path), embeddings)
    assert len(list(tmp_path.iterdir())) == (2 if with_frames and suffix == ".parquet" else 1)


def test_a_data_frame_sees_plain_columns(embeddings, tmp_path):  # noqa: F811
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    write_embeddings(tmp_path / "a.parquet", embeddings)
    table = parquet.read_table(tmp_path / "a.parquet").to_pydict()
    assert list(table) == ["path", "seconds", "start", "end", "h"]
    assert table["path"] == ["a.wav"] * 3 + ["b/c.wav"] * 2
    np.testing.assert_array_equal(np.array(table["h"], np.float32), embeddings.h)
    assert list(parquet.read_table(frames_file(tmp_path / "a.parquet")).to_pydict()) == ["path", "time", "h"]


def other(path):
    np.savez(path, keys=np.array(["a"]), **{"h:embedding": np.zeros((1, 2))})


def half(path):
    other(path)
    path.write_bytes(path.read_bytes()[:200])


def one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "no file .*a.npz: name one that `sepcl embed` wrote"),
        (other, r"no embeddings of recordings \(it has h:embedding, keys\)"),
        (half, "is damaged, or no file of"),
        (lambda path: path.touch(), "is damaged, or no file of"),
        (lambda path: path.write_text("hello"), "is damaged, or no file of"),
        (one_array, "is damaged, or no file of"),
    ],
)
def test_a_file_that_is_not_ours(tmp_path, make, said):
    make(tmp_path / "a.npz")
    with pytest.raises(UserError, match=said):
        read_embeddings(tmp_path / "a.npz")


def test_a_parquet_that_is_not_ours(tmp_path):
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_text("hello")
    for name in ("a", "b"):
        with pytest.raises(UserError, match="no embeddings of recordings"):
            read_embeddings(tmp_path / f"{name}.parquet")


def test_names_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "folder.npz").mkdir()
    for name, said in (("a.csv", r"must end in .npz or .parquet"), ("no/a.npz", "no folder"), ("folder.npz", "folder")):
        with pytest.raises(UserError, match=said):
            check_suffix(tmp_path / name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UserError, match=r"need pyarrow .*pip install 'lightning_sepcl\[parquet\]', or use .npz"):
        check_suffix(tmp_path / "a.parquet")


def test_a_full_disk_leaves_what_was_there(embeddings, tmp_path, monkeypatch):  # noqa: F811
    path = tmp_path / "a.npz"
    write_embeddings(path, embeddings)
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(embeddings_file.os, "fsync", full)
    with pytest.raises(UserError, match=r"the disk of .* is full: make room"):
        write_embeddings(path, embeddings)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
