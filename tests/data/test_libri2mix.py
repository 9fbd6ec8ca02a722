from __future__ import annotations

import logging
from collections import Counter

import pytest

from lightning_sepcl.data.libri2mix import Libri2Mix, Libri2MixCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.libri2mix import write_libri2mix
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_libri2mix(tmp_path / "Libri2Mix")


def test_parts_become_splits(root):
    manifest = Libri2MixCorpus(str(root)).manifest()
    assert Counter(e.split for e in manifest.entries) == {"train": 3, "val": 3, "test": 3}
    first = manifest.entries[0]
    name = "100-1-0000_200-2-0000"
    assert (first.key, first.path) == (f"train-100/{name}", f"wav16k/min/train-100/mix_clean/{name}.wav")
    assert first.sources == tuple(f"wav16k/min/train-100/{voice}/{name}.wav" for voice in ("s1", "s2"))


def test_both_training_parts(root):
    write_libri2mix(root, parts=("train-360",))
    manifest = Libri2MixCorpus(str(root), train=["train-100", "train-360"]).manifest()
    assert Counter(e.key.partition("/")[0] for e in manifest.entries)["train-360"] == 3


@pytest.mark.parametrize(("mixture", "sources"), [("mix_clean", 2), ("mix_both", 3), ("mix_single", 2)])
def test_every_kind_of_mixture_is_the_sum_of_its_sources(tmp_path, mixture, sources):
    root = write_libri2mix(tmp_path, kinds=(mixture,))
    data = Libri2Mix(str(root), mixture=mixture, clip_seconds=None)
    batch = next(iter(data.predict_dataloader()))
    assert batch.wave.shape == (9, 1 + sources, 1, 3200)
    assert (batch.wave[:, 0].int() == batch.wave[:, 1:].int().sum(1)).all()
    assert batch.length[:3].tolist() == [1600, 2400, 3200]


def test_the_rate_chooses_the_folder(root):
    write_libri2mix(root, version="wav8k/max")
    data = Libri2Mix(str(root), sample_rate=8000, mode="max", clip_seconds=None)
    assert data.manifest.entries[0].path.startswith("wav8k/max/")
    assert next(iter(data.predict_dataloader())).wave.shape == (9, 3, 1, 1600)
    with pytest.raises(UserError, match=r"no libri2mix found.*Expected there: wav8k/min with metadata/mixture_<part>_"):
        _ = Libri2Mix(str(root), sample_rate=8000).manifest


BAD = {
    "no list": (lambda root: next(root.glob("*/*/metadata/*_dev_*")).unlink(), "no file .*mixture_dev_mix_clean.csv"),
    "no column": (
        lambda root: next(root.glob("*/*/metadata/*_dev_*")).write_text("id\n1\n"),
        r"lacks the column\(s\) mixture_ID",
    ),
    "no folder": (
        lambda root: (root / "wav16k/min/test/mix_clean").rename(root / "away"),
        "no folder .*wav16k/min/test/mix_clean: mix the part test",
    ),
}


@pytest.mark.parametrize(("harm", "why"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told(root, harm, why):
    harm(root)
    with pytest.raises(UserError, match=why):
        Libri2MixCorpus(str(root)).manifest()


def test_no_part_to_train_on_is_refused(root):
    with pytest.raises(UserError, match="train names no part"):
        Libri2MixCorpus(str(root), train=[]).manifest()


def test_a_missing_voice_is_told(root):
    next((root / "wav16k/min/test/s2").iterdir()).unlink()
    with pytest.raises(UserError, match=r"1 of 9 clips cannot be read; .*/mix_clean/.*: its source .*/s2/.* no such"):
        Libri2Mix(str(root)).prepare_data()


def test_a_mixture_that_is_not_listed_is_told(root, caplog):
    write_tone(root / "wav16k/min/dev/mix_clean/1_2.wav")
    with caplog.at_level(logging.WARNING):
        Libri2MixCorpus(str(root)).manifest()
    assert "not listed in mixture_dev_mix_clean.csv" in caplog.text
