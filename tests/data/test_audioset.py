from __future__ import annotations

import hashlib
import logging
import os
import pickle
from collections import Counter
from pathlib import Path

import pytest

from lightning_sepcl.data.audioset import AudioSet, AudioSetCorpus
from lightning_sepcl.data.dealing import place
from lightning_sepcl.errors import UserError
from tests.fakes.audioset import BALANCED, CLASSES, EVAL, UNBALANCED, write_audioset
from tests.fakes.tone import write_tone

NAMES = {
    "{}_segments/Y{}.wav": "audioset_tagging_cnn",
    "{}/{}.wav": "by list, without Y",
    "{1}.wav": "flat",
    "data/{}_segments/audio/Y{}_{}.000_{}.000.wav": "start and end",
}


@pytest.fixture
def root(tmp_path):
    return write_audioset(tmp_path / "AudioSet")


def clip(root: Path, name: str, video: str) -> Path:
    return root / "audios" / f"{name}_segments" / f"Y{video}.wav"


def test_lists_become_splits(root):
    manifest = AudioSetCorpus(str(root), val_share=0.0).manifest()
    assert manifest.multi_label
    assert manifest.vocabulary == tuple(name for _, name in CLASSES)
    first = manifest.entries[0]
    assert (first.key, first.path) == ("--PJHxphWEs_30000", "audios/balanced_train_segments/Y--PJHxphWEs.wav")
    assert (first.labels, first.group) == (("Speech", "Gush"), "--PJHxphWEs")
    assert Counter(e.split for e in manifest.entries) == {"train": 3, "test": 2}


@pytest.mark.parametrize(
    ("subset", "videos"), [("balanced", BALANCED), ("unbalanced", UNBALANCED), ("all", BALANCED | UNBALANCED)]
)
def test_subsets(root, subset, videos):
    entries = AudioSetCorpus(str(root), subset=subset).manifest().entries
    assert {e.group for e in entries if e.split != "test"} == set(videos)
    assert {e.group for e in entries if e.split == "test"} == set(EVAL)


def test_validation_videos_are_held_out_by_their_hash(root):
    entries = AudioSetCorpus(str(root), subset="all", val_share=0.5, split_seed=3).manifest().entries
    held_out = {e.group for e in entries if e.split == "val"}
    assert held_out == {video for video in (*BALANCED, *UNBALANCED) if place(video, 3) < 0.5}
    assert 0 < len(held_out) < 5


@pytest.mark.parametrize("name", NAMES, ids=NAMES.values())
def test_layouts(root, tmp_path, name):
    moved = tmp_path / "other"
    for list_name, videos in (("balanced_train", BALANCED), ("eval", EVAL)):
        for video, (start, _) in videos.items():
            target = moved / name.format(list_name, video, start, start + 10)
            target.parent.mkdir(parents=True, exist_ok=True)
            clip(root, list_name, video).rename(target)
    corpus = AudioSetCorpus(str(moved), metadata=str(root / "metadata"))
    assert len(corpus.manifest()) == 5
    assert corpus.absent() == ()


def test_lists_beside_the_clips(root):
    for path in (root / "metadata").iterdir():
        path.rename(root / path.name)
    assert len(AudioSetCorpus(str(root)).manifest()) == 5


def test_batches(root):
    data = AudioSet(str(root), clip_seconds=0.1, batch_size=2)
    batch = next(iter(data.train_dataloader()))
    assert batch.wave.shape == (2, 1, 1, 1600)
    assert batch.target.shape == (2, 5)
    assert "missing" not in data.describe()


def test_absent_clips_are_left_out_told_and_recorded(root, caplog):
    whole = AudioSet(str(root), val_share=0.5).manifest
    clip(root, "balanced_train", "--PJHxphWEs").unlink()
    clip(root, "eval", "x-x-x-x-x-x").unlink()
    data = AudioSet(str(root), val_share=0.5)
    with caplog.at_level(logging.WARNING):
        kept = data.manifest.entries
    assert set(kept) == {e for e in whole.entries if e.group not in ("--PJHxphWEs", "x-x-x-x-x-x")}  # splits stay
    told = [record.message for record in caplog.records if "not there" in record.message]
    assert told == [
        "audioset: 2 listed clip(s) are not there and left out: 1 of 3 in balanced_train_segments.csv, "
        "1 of 2 in eval_segments.csv"
    ]
    described = data.describe()
    digits = hashlib.sha256(b"--PJHxphWEs_30000\nx-x-x-x-x-x_120000").hexdigest()
    assert (described["missing"], described["missing_list"]) == (2, digits[:12])
    assert data.corpus.absent() == AudioSetCorpus(str(root)).absent() == ("--PJHxphWEs_30000", "x-x-x-x-x-x_120000")


def test_readers_receive_the_corpus_without_the_list(root):
    clip(root, "eval", "x-x-x-x-x-x").unlink()
    corpus = AudioSetCorpus(str(root))
    entry = corpus.manifest().entries[0]
    copy = pickle.loads(pickle.dumps(corpus))
    assert copy._absent is None
    assert copy.audio(entry, sample_rate=16000, mono=True, sources=False).shape == (1, 1, 3200)
    assert copy.absent() == corpus.absent() == ("x-x-x-x-x-x_120000",)


def test_more_absent_than_allowed_is_an_error(root):
    clip(root, "eval", "x-x-x-x-x-x").unlink()
    assert len(AudioSetCorpus(str(root), max_missing=0.2).manifest()) == 4
    why = r"1 of 5 listed clips are not below .* \(x-x-x-x-x-x_120000 for one\), more than max_missing=0\.1 allows: get"
    with pytest.raises(UserError, match=why + r" them, or set it to 0\.2"):
        AudioSetCorpus(str(root), max_missing=0.1).manifest()


def test_all_absent_is_an_error(root, tmp_path):
    write_tone(tmp_path / "empty" / "mine.wav")
    corpus = AudioSetCorpus(str(tmp_path / "empty"), metadata=str(root / "metadata"))
    with pytest.raises(
        UserError, match=r"none of the 5 clips .* where 1 audio file\(s\) lie, e\.g\. mine\.wav\. Clips ar"
    ):
        corpus.manifest()


def test_unlisted_files_and_copies_are_told(root, caplog):
    write_tone(root / "more" / "Y--PJHxphWEs.flac")
    with caplog.at_level(logging.WARNING):
        AudioSetCorpus(str(root)).manifest()
    assert "2 audio file(s) in" in caplog.text
    assert (
        "hold no clip of balanced_train_segments.csv and eval_segments.csv and left out, e.g. audios/unb" in caplog.text
    )
    assert "1 audio file(s) in" in caplog.text
    assert "are further copies of clips" in caplog.text


def test_a_missing_list_is_refused(root):
    (root / "metadata" / "eval_segments.csv").unlink()
    why = r"no eval_segments\.csv below \S+: get it from http\S+/eval_segments\.csv, or set metadata to its folder"
    with pytest.raises(UserError, match=why):
        AudioSetCorpus(str(root)).manifest()
    with pytest.raises(UserError, match=r"no eval_segments\.csv in \S+metadata: get it"):
        AudioSetCorpus(str(root), metadata=str(root / "metadata")).manifest()


def test_missing_classes_are_refused(root, tmp_path):
    (root / "metadata" / "class_labels_indices.csv").rename(tmp_path / "classes.csv")
    with pytest.raises(
        UserError, match=r"no class_labels_indices\.csv below \S+: get it from \S+, or set labels to it"
    ):
        AudioSetCorpus(str(root)).manifest()
    assert len(AudioSetCorpus(str(root), labels=str(tmp_path / "classes.csv")).manifest()) == 5
    with pytest.raises(UserError, match=r"no file .*typo\.csv"):
        AudioSetCorpus(str(root), labels=str(tmp_path / "typo.csv")).manifest()


def test_two_lists_of_one_name_are_refused(root):
    (root / "old").mkdir()
    (root / "old" / "eval_segments.csv").write_text("")
    with pytest.raises(
        UserError, match=r"several places .*: metadata/eval_seg\S+, old/eval_seg\S+; keep one, or set met"
    ):
        AudioSetCorpus(str(root)).manifest()


def test_a_segment_in_two_lists_is_refused(root):
    path = root / "metadata" / "eval_segments.csv"
    path.write_text(path.read_text() + "--PJHxphWEs, 30, 40, /m/06mb1\n")
    why = r"1 segment\(s\) are listed in both \S+balanced_train_segments.csv and \S+eval_segments.csv, such as --PJH"
    with pytest.raises(UserError, match=why):
        AudioSetCorpus(str(root)).manifest()


def test_a_wrong_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no audioset found; .*Expected there: clips named <id>\.wav"):
        AudioSetCorpus(str(tmp_path / "none")).manifest()


@pytest.mark.parametrize("name", ["val_share", "max_missing"])
def test_wrong_shares_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}=5.0 should be a share"):
        AudioSetCorpus("x", **{name: 5.0})


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_the_pack_as_it_lies(packs_of_audio):
    data = AudioSet(f"{packs_of_audio}/AudioSet-mini")
    described = data.describe()
    clips = described["clips"]
    assert (clips["train"] + clips["val"], clips["test"], described["missing"]) == (40, 20, 2)
    assert data.num_classes == 527
    assert described["skipped"] == 0
