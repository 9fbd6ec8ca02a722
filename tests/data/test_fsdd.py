from __future__ import annotations

import logging
import os
from collections import Counter

import pytest

from lightning_sepcl.data.fsdd import FSDD, FSDDCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.fsdd import write_fsdd
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_fsdd(tmp_path / "free-spoken-digit-dataset")


def splits(corpus):
    return {(int(e.key.rpartition("_")[2]), e.group, e.split) for e in corpus.manifest().entries}


def test_the_first_five_takes_are_for_testing(root):
    assert {(take, split) for take, _, split in splits(FSDDCorpus(str(root)))} == {
        *((take, "test") for take in range(5)), (5, "val"), (6, "val"), (7, "train"),
    }  # fmt: skip


def test_one_speaker_may_be_left_out(root):
    found = splits(FSDDCorpus(str(root), val_takes=[0], test_speaker="theo"))
    assert {(group, split) for _, group, split in found} == {("theo", "test"), ("george", "train"), ("george", "val")}
    assert {take for take, _, split in found if split == "val"} == {0}


def test_an_unknown_speaker_is_refused(root):
    with pytest.raises(UserError, match=r"test_speaker=teo.*did you mean theo"):
        FSDDCorpus(str(root), test_speaker="teo").manifest()


def test_other_names_are_told(root, caplog):
    write_tone(root / "recordings" / "hello.wav")
    with caplog.at_level(logging.WARNING):
        assert len(FSDDCorpus(str(root)).manifest()) == 32
    assert "1 file(s) in" in caplog.text
    assert "hello.wav" in caplog.text


def test_eight_kilohertz_become_sixteen(root):
    data = FSDD(str(root))
    data.prepare_data()
    assert {row.samples for row in data.cache.rows} == {800}
    batch = next(iter(data.test_dataloader()[2]))
    assert batch.wave.shape == (20, 1, 1, 16000)


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_genuine_counts(packs_of_audio):
    manifest = FSDDCorpus(packs_of_audio).manifest()
    assert Counter(e.split for e in manifest.entries) == {"train": 720, "val": 80, "test": 200}
