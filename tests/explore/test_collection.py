from __future__ import annotations

import csv

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore import collection, parts
from lightning_sepcl.explore.collection import embed_collection, listed
from lightning_sepcl.explore.embeddings_file import read_embeddings
from tests.explore.test_embeddings_file import assert_equal
from tests.explore.toy_embedder import ToyEmbedder
from tests.fakes.tone import write_tone

READABLE = ("a.mp3", "b/a.wav", "b/c/d.flac", "z.ogg")


def test_a_folder(folder, tmp_path, origin):
    outcome = embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin, frames=True)
    assert outcome.embeddings.paths == READABLE
    assert outcome.embeddings.file.tolist() == [0, 1, 1, 1, 1, 1, 2, 3, 3]
    assert outcome.embeddings.origin.root == str(folder)
    assert_equal(read_embeddings(tmp_path / "a.npz"), outcome.embeddings)
    assert [path for path, _ in outcome.skipped] == ["broken.wav", "empty.flac"]
    with (tmp_path / "a.npz.skipped.csv").open() as file:
        assert [(row["path"], row["reason"]) for row in csv.DictReader(file)] == list(outcome.skipped)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "a.npz.skipped.csv", "recordings"]


def test_the_list_of_skipped_files_goes_when_they_are_mended(folder, tmp_path, origin):
    embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin)
    for name in ("broken.wav", "empty.flac"):
        (folder / name).unlink()
    embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin)
    assert not (tmp_path / "a.npz.skipped.csv").exists()


def test_it_goes_on_where_it_was_stopped(folder, tmp_path, origin, monkeypatch, capsys):
    monkeypatch.setattr(parts, "SECONDS_BETWEEN_PARTS", 0.0)
    whole = embed_collection(ToyEmbedder(), [folder], tmp_path / "whole.npz", origin).embeddings

    class Stopped(ToyEmbedder):
        def embed(self, wave, length):
            if len(self.batches) == 4:
                raise KeyboardInterrupt
            return super().embed(wave, length)

    with pytest.raises(KeyboardInterrupt):
        embed_collection(Stopped(), [folder], tmp_path / "a.npz", origin, batch_size=2)
    assert not (tmp_path / "a.npz").exists()
    toy = ToyEmbedder()
    outcome = embed_collection(toy, [folder], tmp_path / "a.npz", origin)
    assert "going on: 3 of 6 files were finished before" in capsys.readouterr().err
    assert outcome.taken_over == 3
    assert sum(toy.batches) == 2
    assert_equal(outcome.embeddings, whole)
    assert not (tmp_path / "a.npz.parts").exists()


def test_a_full_disk_keeps_what_is_finished(folder, tmp_path, origin, monkeypatch):
    monkeypatch.setattr(collection, "write_embeddings", lambda *_: (_ for _ in ()).throw(UserError("the disk is full")))
    with pytest.raises(UserError, match="full"):
        embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin)
    monkeypatch.undo()
    assert embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin).taken_over == 4


def test_nothing_to_read(folder, tmp_path, origin):
    for name in READABLE:
        (folder / name).unlink()
    with pytest.raises(UserError, match=r"none of 2 file\(s\) can be read; broken.wav: damaged"):
        embed_collection(ToyEmbedder(), [folder], tmp_path / "a.npz", origin)
    assert not (tmp_path / "a.npz").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no audio files below .*empty \(looked for .aif, .aifc, .*\.wav"):
        listed([tmp_path / "empty"])
    with pytest.raises(UserError, match="no file or folder nowhere"):
        listed([tmp_path.__class__("nowhere")])


def test_folders_and_single_files_are_listed_once(folder, tmp_path):
    raw = write_tone(tmp_path / "other/x.wav").rename(tmp_path / "other/x.sound")  # any ending, if named
    root, paths = listed([folder / "b", raw, folder / "b/a.wav"])
    assert root == tmp_path
    assert paths == ["other/x.sound", "recordings/b/a.wav", "recordings/b/c/d.flac"]
    assert listed([folder / "z.ogg"]) == (folder, ["z.ogg"])
