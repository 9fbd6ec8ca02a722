from __future__ import annotations

import os

import pytest

from lightning_sepcl.data.fsd50k import FSD50K, FSD50KCorpus
from lightning_sepcl.data.fsd50k_classes import CLASSES
from lightning_sepcl.errors import UserError
from tests.fakes.fsd50k import VOCABULARY, write_fsd50k
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_fsd50k(tmp_path / "FSD50K")


def test_lists_become_splits(root):
    manifest = FSD50KCorpus(str(root)).manifest()
    assert manifest.multi_label
    assert manifest.vocabulary == CLASSES
    assert {e.key: (e.path, e.split) for e in manifest.entries} == {
        "64760": ("FSD50K.dev_audio/64760.wav", "train"),
        "21914": ("FSD50K.dev_audio/21914.wav", "val"),
        "10031": ("FSD50K.dev_audio/10031.wav", "train"),
        "99": ("FSD50K.eval_audio/99.wav", "test"),
        "1088": ("FSD50K.eval_audio/1088.wav", "test"),
    }
    assert manifest.entries[0].labels == ("Electric_guitar", "Guitar", "Music")


def test_classes_have_the_published_numbers():
    assert len(set(CLASSES)) == 200
    assert list(CLASSES) == sorted(CLASSES)  # how the published vocabulary is ordered
    for number, name, _ in VOCABULARY:  # genuine lines of it
        assert CLASSES[number] == name


def test_a_copy_in_another_format_is_read(tmp_path):
    manifest = FSD50KCorpus(str(write_fsd50k(tmp_path, ending="flac"))).manifest()
    assert manifest.entries[0].path == "FSD50K.dev_audio/64760.flac"


def test_batches(root):
    data = FSD50K(str(root), clip_seconds=0.1, batch_size=2)
    batch = next(iter(data.train_dataloader()))
    assert batch.wave.shape == (2, 1, 1, 1600)
    assert sorted(batch.target.sum(1).tolist()) == [2, 3]
    assert data.describe()["clips"] == {"train": 2, "val": 1, "test": 2}


BAD = {
    "other columns": ("dev", lambda t: t.replace("split", "part", 1), r"dev\.csv lacks the column\(s\) split"),
    "an unknown label": ("dev", lambda t: t.replace("Bark", "Barks"), r"dev\.csv, line 4: .*did you mean Bark\?"),
    "an unknown split": ("dev", lambda t: t.replace(",val", ",dev"), r"dev\.csv, line 3: split is 'dev', should be tr"),
    "twice": (
        "dev",
        lambda t: t + t.splitlines()[1] + "\n",
        r"dev\.csv, line 5: 64760 is listed already in \S+dev\.csv, line 2",
    ),
    "in both": ("eval", lambda t: t.replace("1088", "64760"), r"eval\.csv, line 3: 64760 .* in \S+dev\.csv, line 2"),
}


@pytest.mark.parametrize(("part", "change", "why"), BAD.values(), ids=BAD)
def test_a_wrong_list_is_refused(root, part, change, why):
    path = root / "FSD50K.ground_truth" / f"{part}.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=why):
        FSD50KCorpus(str(root)).manifest()


def test_a_missing_list_is_refused(root):
    (root / "FSD50K.ground_truth" / "eval.csv").unlink()
    with pytest.raises(UserError, match=r"no file \S+FSD50K.ground_truth/eval\.csv: expected a CSV with the columns"):
        FSD50KCorpus(str(root)).manifest()


def test_a_wrong_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no fsd50k found; .*FSD50K\.ground_truth/dev\.csv"):
        FSD50KCorpus(str(tmp_path)).manifest()


def test_absent_and_unlisted_files(root, caplog):
    (root / "FSD50K.dev_audio" / "21914.wav").unlink()
    write_tone(root / "FSD50K.dev_audio" / "7.wav")
    with pytest.raises(UserError, match=r"1 of 5 clips cannot be read; FSD50K.dev_audio/21914.wav: no such file"):
        FSD50K(str(root)).prepare_data()
    assert FSD50K(str(root), max_skipped=0.2).describe()["skipped"] == 1
    assert "not listed in FSD50K.ground_truth/dev.csv" in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_genuine_clips(packs_of_audio, monkeypatch):
    monkeypatch.setenv("SEPCL_DATA", packs_of_audio)
    data = FSD50K()
    assert data.describe()["clips"] == {"train": 1, "val": 1, "test": 1}
    assert data.num_classes == 200
    assert max(len(e.labels) for e in data.manifest.entries) == 14
