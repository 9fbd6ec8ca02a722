from __future__ import annotations

import logging
from collections import Counter, defaultdict

import numpy as np
import pytest

from lightning_sepcl.data.audio_folder import AudioFolder, FolderCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    """Files of several formats, rates and channel counts in nested folders."""
    root = tmp_path / "recordings"
    write_tone(root / "dog" / "a.wav", seconds=0.5)
    write_tone(root / "dog" / "deep" / "b.flac", seconds=0.5, sample_rate=44100, channels=2)
    write_tone(root / "cat" / "c.ogg", seconds=0.5, sample_rate=8000)
    write_tone(root / "d.mp3", seconds=0.5, sample_rate=48000)
    (root / "notes.txt").write_text("not audio")
    return root


def by_path(manifest):
    return {entry.path: entry for entry in manifest.entries}


def test_audio_that_cannot_be_read_is_told(root, tmp_path, caplog):
    (root / "dog" / "memo.m4a").touch()
    with caplog.at_level(logging.WARNING):
        assert "dog/memo.m4a" not in by_path(FolderCorpus(str(root)).manifest())
    assert "1 file(s) such as dog/memo.m4a are in a format that cannot be read and left out" in caplog.text
    (tmp_path / "phone").mkdir()
    (tmp_path / "phone" / "a.m4a").touch()
    with pytest.raises(UserError, match=r"no audio files below .*phone: 1 file\(s\) such as a.m4a are in a format"):
        FolderCorpus(str(tmp_path / "phone")).manifest()


def test_a_single_label_is_told(root, caplog):
    (root / "labels.csv").write_text("file,label\ndog/a.wav,dog\ncat/c.ogg,dog\n")
    with caplog.at_level(logging.WARNING):
        FolderCorpus(str(root)).manifest()
    assert "all files have the one label dog" in caplog.text


def test_labels_are_the_first_folders(root):
    manifest = FolderCorpus(str(root)).manifest()
    assert manifest.vocabulary == ("cat", "dog")
    labels = {path: entry.labels for path, entry in by_path(manifest).items()}
    assert labels == {"dog/a.wav": ("dog",), "dog/deep/b.flac": ("dog",), "cat/c.ogg": ("cat",), "d.mp3": ()}
    assert not manifest.multi_label


def test_any_format_rate_and_channel_count_is_read(root):
    data = AudioFolder(str(root), clip_seconds=0.5)
    data.prepare_data()
    assert all(abs(row.samples - 8000) < 1200 for row in data.cache.rows)
    assert all(row.peak > 8000 for row in data.cache.rows)


def test_channels_that_differ_are_refused_unless_mixed_down(root):
    with pytest.raises(UserError, match=r"has 2 channel\(s\).*mono=true"):
        AudioFolder(str(root), mono=False).prepare_data()


def test_no_labels_at_all(root):
    data = AudioFolder(str(root), labels="none", clip_seconds=0.25, batch_size=2, val_share=0.0, test_share=0.0)
    assert (data.class_names, data.num_classes) == ((), 0)
    batch = next(iter(data.train_dataloader()))
    assert batch.target.shape == (2, 0)
    assert not batch.labelled.any()
    assert len(data.val_dataloader()[0].dataset) == 8


def test_labels_of_a_csv(root, caplog):
    (root / "labels.csv").write_text("file,label,split\ndog/a.wav,loud;near,test\ncat/c.ogg,near,\nd.mp3,,val\n")
    with caplog.at_level(logging.WARNING):
        manifest = FolderCorpus(str(root), val_share=0.0, test_share=0.0).manifest()
    assert manifest.vocabulary == ("loud", "near")
    assert manifest.multi_label
    entries = by_path(manifest)
    assert entries["dog/a.wav"].labels == ("loud", "near")
    assert entries["dog/deep/b.flac"].labels == ()
    assert [entries[p].split for p in ("dog/a.wav", "cat/c.ogg", "d.mp3", "dog/deep/b.flac")] == [
        "test",
        "train",
        "val",
        "train",
    ]
    assert "1 file(s) in" in caplog.text
    assert "have no label" in caplog.text


def test_a_csv_elsewhere(root, tmp_path):
    (tmp_path / "mine.csv").write_text("file,label\nd.mp3,dog\n")
    manifest = FolderCorpus(str(root), labels=str(tmp_path / "mine.csv")).manifest()
    assert by_path(manifest)["d.mp3"].labels == ("dog",)


def test_long_files_are_cut_into_windows(tmp_path):
    write_tone(tmp_path / "short.wav", seconds=0.3)
    write_tone(tmp_path / "long.wav", seconds=2.6)
    write_tone(tmp_path / "longer.wav", seconds=2.4)
    manifest = FolderCorpus(str(tmp_path), clip_seconds=1.0).manifest()
    windows = defaultdict(list)
    for entry in manifest.entries:
        windows[entry.path].append((entry.key, entry.start_seconds, entry.duration_seconds))
    assert windows["short.wav"] == [("short.wav", 0.0, None)]
    assert windows["long.wav"] == [(f"long.wav@{i}s", float(i), 1.0) for i in range(3)]  # 0.6 s remain: kept
    assert windows["longer.wav"] == [(f"longer.wav@{i}s", float(i), 1.0) for i in range(2)]  # 0.4 s remain: dropped
    assert len(FolderCorpus(str(tmp_path), clip_seconds=None).manifest()) == 3


def test_windows_hold_the_right_samples(tmp_path):
    write_tone(tmp_path / "long.wav", hz=3.0, seconds=2.6)
    data = AudioFolder(str(tmp_path), clip_seconds=1.0)
    batch = next(iter(data.predict_dataloader()))
    t = np.arange(16000) / 16000
    for i in range(2):
        assert np.abs(batch.wave[i, 0, 0].numpy() / 32768 - 0.5 * np.sin(6 * np.pi * (t + i))).max() < 1e-4
    assert [row.samples for row in data.cache.rows] == [16000, 16000, 9600]


def test_the_split_is_by_file_seeded_and_of_the_size_asked_for(tmp_path):
    for i in range(20):
        write_tone(tmp_path / f"{i:02d}.wav", seconds=0.25)
    corpus = FolderCorpus(str(tmp_path), clip_seconds=0.1, val_share=0.2, test_share=0.3)
    manifest = corpus.manifest()
    assert len(manifest) == 40
    split_of = defaultdict(set)
    for entry in manifest.entries:
        split_of[entry.path].add(entry.split)
    assert all(len(splits) == 1 for splits in split_of.values())
    assert Counter(next(iter(s)) for s in split_of.values()) == {"train": 10, "test": 6, "val": 4}
    assert corpus.manifest() == manifest
    other = FolderCorpus(str(tmp_path), clip_seconds=0.1, val_share=0.2, test_share=0.3, split_seed=1).manifest()
    assert other != manifest


BAD = {
    "twice": ("file,label\nd.mp3,a\nd.mp3,b\n", "lists d.mp3 twice.*separated by ';'"),
    "columns": ("path,label\nd.mp3,a\n", r"lacks the column\(s\) file"),
    "split": ("file,label,split\nd.mp3,a,training\n", "split is 'training'"),
}


@pytest.mark.parametrize(("content", "why"), BAD.values(), ids=BAD)
def test_a_wrong_csv_is_refused(root, content, why):
    (root / "labels.csv").write_text(content)
    with pytest.raises(UserError, match=why):
        FolderCorpus(str(root)).manifest()


def test_a_listed_file_that_is_absent_is_told_and_counted(root, caplog):
    (root / "labels.csv").write_text("file,label\nd.mp3,a\ngone.wav,a\n")
    data = AudioFolder(str(root))
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UserError, match=r"1 of 5 clips cannot be read; gone.wav: no such file"),
    ):
        data.prepare_data()
    assert "1 listed file(s) are absent" in caplog.text


def test_a_broken_file_is_counted(root):
    (root / "dog" / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match=r"1 of 5 clips cannot be read; dog/broken.wav: damaged"):
        AudioFolder(str(root)).prepare_data()


def test_wrong_places_are_told(tmp_path):
    with pytest.raises(UserError, match=r"no folder .*nowhere"):
        AudioFolder(str(tmp_path / "nowhere")).prepare_data()
    with pytest.raises(UserError, match="no audio files below"):
        AudioFolder(str(tmp_path)).prepare_data()
    with pytest.raises(UserError, match=r"no file .*absent.csv"):
        AudioFolder(str(tmp_path), labels="absent.csv").prepare_data()
    with pytest.raises(ValueError, match=r"val_share \+ test_share=1\.1 should be"):
        AudioFolder(str(tmp_path), val_share=0.6, test_share=0.5)
