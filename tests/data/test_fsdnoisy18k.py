from __future__ import annotations

import os
from collections import Counter

import pytest

from lightning_sepcl.data.fsdnoisy18k import CLASSES, FSDnoisy18k, FSDnoisy18kCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.fsdnoisy18k import write_fsdnoisy18k
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_fsdnoisy18k(tmp_path / "FSDnoisy18k")


def test_lists_become_splits(root):
    manifest = FSDnoisy18kCorpus(str(root), val_share=0.0).manifest()
    assert manifest.vocabulary == CLASSES
    assert len(CLASSES) == 20
    assert Counter(e.split for e in manifest.entries) == {"train": 18, "test": 3}
    first = manifest.entries[0]
    assert (first.key, first.path, first.labels) == ("1000", "FSDnoisy18k.audio_train/1000.wav", ("Clapping",))


@pytest.mark.parametrize(
    ("subset", "numbers"), [("all", range(6)), ("clean", (0, 1)), ("noisy", (2, 3, 4, 5)), ("noisy_small", (2, 4))]
)
def test_subsets(root, subset, numbers):
    entries = FSDnoisy18kCorpus(str(root), subset=subset).manifest().entries
    keys = {e.key for e in entries if e.split != "test"}
    assert keys == {str(1000 * label + i) for label in (1, 2, 3) for i in numbers}
    assert sum(e.split == "test" for e in entries) == 3


@pytest.mark.parametrize(("share", "counts"), [(0.5, {3}), (1 / 3, {2}), (0.0, set()), (1.0, {6})])
def test_validation_is_drawn_from_each_class(root, share, counts):
    entries = FSDnoisy18kCorpus(str(root), val_share=share).manifest().entries
    assert set(Counter(e.labels for e in entries if e.split == "val").values()) == counts


def test_small_classes_share_what_rounding_leaves_over(root):
    entries = FSDnoisy18kCorpus(str(root), subset="clean", val_share=0.15).manifest().entries
    assert sum(e.split == "val" for e in entries) == round(0.15 * 6)  # though 15 % of two clips is none


def test_the_seed_decides_who_validates(root):
    first, same, other = (
        FSDnoisy18kCorpus(str(root), val_share=0.5, split_seed=seed).manifest().hash for seed in (0, 0, 1)
    )
    assert first == same != other


def test_batches(root):
    data = FSDnoisy18k(str(root), clip_seconds=0.1, batch_size=5)
    batch = next(iter(data.train_dataloader()))
    assert batch.wave.shape == (5, 1, 1, 1600)
    assert batch.target.shape == (5, 20)
    assert data.describe()["clips"] == {"train": 15, "val": 3, "test": 3}


BAD = {
    "other columns": ("train", lambda t: t.replace("noisy_small", "small"), r"train\.csv lacks .* noisy_small"),
    "an unknown label": ("test", lambda t: t.replace("Wind", "Winds"), r"test\.csv, line 4: .*did you mean Wind\?"),
    "no flag": (
        "train",
        lambda t: t.replace("l15bq,1,0", "l15bq,yes,0", 1),
        r"train\.csv, line 2: manually_verified is 'yes', should be 0 or 1",
    ),
    "twice": (
        "train",
        lambda t: t + t.splitlines()[1] + "\n",
        r"train\.csv, line 20: 1000\.wav is listed already in \S+train\.csv, line 2",
    ),
    "in both": (
        "test",
        lambda t: t.replace("1500", "1000"),
        r"test\.csv, line 2: 1000\.wav .* in \S+train\.csv, line 2",
    ),
}


@pytest.mark.parametrize(("part", "change", "why"), BAD.values(), ids=BAD)
def test_a_wrong_list_is_refused(root, part, change, why):
    path = root / "FSDnoisy18k.meta" / f"{part}.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=why):
        FSDnoisy18kCorpus(str(root)).manifest()


def test_a_missing_list_is_refused(root):
    (root / "FSDnoisy18k.meta" / "test.csv").unlink()
    with pytest.raises(
        UserError, match=r"no file \S+FSDnoisy18k.meta/test\.csv: expected a CSV with the columns fname"
    ):
        FSDnoisy18kCorpus(str(root)).manifest()


def test_a_wrong_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no fsdnoisy18k found; .*FSDnoisy18k\.meta/train\.csv"):
        FSDnoisy18kCorpus(str(tmp_path)).manifest()


def test_a_wrong_share_is_refused():
    with pytest.raises(ValueError, match=r"val_share=15\.0 should be a share between 0 and 1"):
        FSDnoisy18kCorpus("x", val_share=15.0)


def test_absent_and_unlisted_files(root, caplog):
    (root / "FSDnoisy18k.audio_test" / "2500.wav").unlink()
    write_tone(root / "FSDnoisy18k.audio_test" / "7.wav")
    with pytest.raises(UserError, match=r"1 of 21 clips cannot be read; FSDnoisy18k.audio_test/2500.wav: no such file"):
        FSDnoisy18k(str(root)).prepare_data()
    assert "not listed in FSDnoisy18k.meta/test.csv" in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
class TestGenuine:
    """The packs that SEPCL_DATA names."""

    def test_counts(self, packs_of_audio, monkeypatch):
        monkeypatch.setenv("SEPCL_DATA", packs_of_audio)
        data = FSDnoisy18k()
        clips = data.describe()["clips"]
        assert (clips["train"] + clips["val"], clips["val"], clips["test"]) == (61, 9, 17)
        trained = {subset: FSDnoisy18k(subset=subset).manifest for subset in ("clean", "noisy")}
        assert sum(len(m) - 17 for m in trained.values()) == 61

    def test_untouched_clips(self, packs_of_audio):
        data = FSDnoisy18k(f"{packs_of_audio}/FSDnoisy18k-genuine")
        assert data.describe()["clips"] == {"train": 1, "test": 1}
