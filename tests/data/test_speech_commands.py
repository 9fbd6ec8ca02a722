from __future__ import annotations

import logging
import os
from collections import Counter

import pytest

from lightning_sepcl.data.speech_commands import DIGITS, WORDS, SpeechCommandsCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.speech_commands import SPEAKERS, write_speech_commands
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_speech_commands(tmp_path)


def test_the_official_lists_make_the_splits(root):
    manifest = SpeechCommandsCorpus(str(root)).manifest()
    assert manifest.vocabulary == DIGITS
    assert {e.labels[0] for e in manifest.entries} == {"zero", "one"}  # no noise, no "yes"
    assert {(e.group, e.split) for e in manifest.entries} == set(zip(SPEAKERS, ("test", "val", "train"), strict=True))
    assert manifest.entries[0].key == "zero/563aa4e6_nohash_0"


def test_all_words(root):
    assert len(WORDS["all"]) == len(set(WORDS["all"])) == 35
    manifest = SpeechCommandsCorpus(str(root), subset="all").manifest()
    assert manifest.vocabulary == WORDS["all"]
    assert len(manifest) == 9


def test_a_missing_list_is_told(root):
    (root / "validation_list.txt").unlink()
    with pytest.raises(UserError, match=r"no file .*validation_list.txt.*which clips are for validation"):
        SpeechCommandsCorpus(str(root)).manifest()


def test_absent_files_and_unknown_folders_are_told(root, caplog):
    (root / "zero" / f"{SPEAKERS[0]}_nohash_0.wav").unlink()
    write_tone(root / "banana" / "a_nohash_0.wav")
    with caplog.at_level(logging.WARNING):
        assert len(SpeechCommandsCorpus(str(root)).manifest()) == 5
    assert "1 file(s) of the official lists are absent" in caplog.text
    assert "left out: banana" in caplog.text
    assert "noise" not in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_genuine_counts(packs_of_audio):
    manifest = SpeechCommandsCorpus(f"{packs_of_audio}/SpeechCommands").manifest()
    assert len(manifest) == 180
    assert set(Counter(e.labels for e in manifest.entries).values()) == {18}
    groups = {split: {e.group for e in manifest.entries if e.split == split} for split in ("train", "val", "test")}
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["val"]
