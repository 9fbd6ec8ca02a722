from __future__ import annotations

import logging

import pytest

from lightning_sepcl.data.audio_folder import FolderCorpus
from lightning_sepcl.data.check import PartCheck, check, examples
from lightning_sepcl.data.esc import ESC50, ESCCorpus
from lightning_sepcl.data.speech_commands import SpeechCommandsCorpus
from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.esc import write_esc
from tests.fakes.speech_commands import write_speech_commands
from tests.fakes.tone import cut_file, write_tone


def test_a_whole_data_set(esc_root):
    found = check(ESCCorpus(str(esc_root)))
    assert found.parts == (
        PartCheck("train", 12, 12, 0, 0),
        PartCheck("val", 4, 4, 0, 0),
        PartCheck("test", 4, 4, 0, 0),
    )
    assert (found.problem, found.classes, found.labelled, found.clips) == ("", 4, 20, 20)
    assert (found.folder, found.unlisted, found.notes) == (str(esc_root), (), ())


def test_what_is_missing_is_counted_by_split_and_told(esc_root):
    (esc_root / "audio/2-1005-A-1.wav").unlink()
    (esc_root / "audio/5-1016-A-0.wav").write_bytes(b"")
    cut_file(esc_root / "audio/1-1000-A-0.wav", 0.5)
    write_tone(esc_root / "audio/9-1-A-0.wav")
    found = check(ESCCorpus(str(esc_root)))
    assert found.parts == (
        PartCheck("train", 12, 11, 1, 0),
        PartCheck("val", 4, 4, 0, 0),
        PartCheck("test", 4, 3, 0, 1),
    )
    assert found.unlisted == ("audio/9-1-A-0.wav",)
    assert (
        "of 20 clips 1 absent, 1 empty; get or mend them, or train without them by --data.max_skipped 0.1"
        in found.problem
    )
    read = check(ESCCorpus(str(esc_root)), read=True)
    assert read.parts[1] == PartCheck("val", 4, 3, 0, 0, 1)
    assert [(x.path, "cut short" in x.reason) for x in read.damaged] == [("audio/1-1000-A-0.wav", True)]
    assert "1 absent, 1 empty, 1 unreadable" in read.problem


def test_the_share_it_names_is_one_that_training_takes(esc_root):
    (esc_root / "audio/2-1005-A-1.wav").unlink()
    share = float(check(ESCCorpus(str(esc_root))).problem.rpartition(" ")[2])
    ESC50(str(esc_root), max_skipped=share).prepare_data()


def test_messages_of_the_corpus_become_notes_and_stay_in(esc_root, caplog):
    write_tone(esc_root / "audio/9-1-A-0.wav")
    with caplog.at_level(logging.WARNING):
        found = check(ESCCorpus(str(esc_root)))
    assert len(found.notes) == 1
    assert "not listed in meta/esc50.csv" in found.notes[0]
    assert caplog.text == ""
    assert logging.getLogger("lightning_sepcl.data").propagate


def test_what_a_corpus_leaves_out_is_told(tmp_path):
    root = write_speech_commands(tmp_path / "sc")
    (root / "one" / "563aa4e6_nohash_0.wav").unlink()
    found = check(SpeechCommandsCorpus(str(root)))
    assert any("1 file(s) of the official lists are absent" in note for note in found.notes)
    assert len(found.unlisted) == 4  # another word and the background noise


def test_nothing_can_be_used(tmp_path):
    root = write_esc(tmp_path)
    for path in (root / "audio").iterdir():
        path.unlink()
    assert check(ESCCorpus(str(root))).problem.startswith("none of the 20 clips of esc50 can be used")


def test_no_clip_for_training(tmp_path):
    write_tone(tmp_path / "a/x.wav")
    found = check(FolderCorpus(str(tmp_path), val_share=0.0, test_share=1.0))
    assert "no clip for training" in found.problem


def test_recordings_without_labels(tmp_path):
    for i in range(10):
        write_tone(tmp_path / f"{i}.wav")
    found = check(FolderCorpus(str(tmp_path)))
    assert (found.problem, found.labelled, found.classes) == ("", 0, 0)


def test_rendered_clips_are_always_there():
    found = check(SyntheticCorpus(3, 1, 1, seconds=0.1), read=True)
    assert (found.problem, found.folder, found.clips) == ("", "", 5)


def test_a_data_set_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(UserError, match="no esc50 found; looked in"):
        check(ESCCorpus(str(tmp_path)))


def test_examples():
    assert examples(["a"]) == "a"
    assert examples(list("abcde")) == "a, b, c and 2 more"
