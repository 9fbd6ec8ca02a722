from __future__ import annotations

import logging
import os
from collections import Counter

import pytest

from lightning_sepcl.data.esc import ESC10, ESC50, ESCCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.esc import CLASSES, write_esc
from tests.fakes.tone import write_tone


def test_folds_become_splits(esc_root):
    manifest = ESCCorpus(str(esc_root), test_fold=2, val_fold=3).manifest()
    assert manifest.vocabulary == tuple(CLASSES)  # in the order of the published numbers
    assert {(e.fold, e.split) for e in manifest.entries} == {
        (1, "train"),
        (2, "test"),
        (3, "val"),
        (4, "train"),
        (5, "train"),
    }
    first = manifest.entries[0]
    assert (first.key, first.path, first.labels, first.group) == (
        "1-1000-A-0",
        "audio/1-1000-A-0.wav",
        ("dog",),
        "1000",
    )


def test_esc10_is_the_marked_part(esc_root):
    manifest = ESCCorpus(str(esc_root), esc10=True).manifest()
    assert manifest.vocabulary == ("dog", "rooster", "rain")
    assert len(manifest) == 15


def test_the_file_ending_is_that_of_the_csv(tmp_path):
    manifest = ESCCorpus(str(write_esc(tmp_path, ending="ogg"))).manifest()
    assert manifest.entries[0].path == "audio/1-1000-A-0.ogg"


@pytest.mark.parametrize(
    ("folds", "why"), [((5, 5), "two different folds"), ((6, 1), "test_fold=6, but .*1, 2, 3, 4, 5")]
)
def test_wrong_folds_are_refused(esc_root, folds, why):
    with pytest.raises(UserError, match=why):
        ESCCorpus(str(esc_root), test_fold=folds[0], val_fold=folds[1]).manifest()


def change_csv(root, change):
    path = root / "meta" / "esc50.csv"
    path.write_text(change(path.read_text()))


BAD = {
    "other columns": (lambda text: text.replace("category", "label"), r"lacks the column\(s\) category"),
    "no number": (lambda text: text.replace(".wav,1,0,", ".wav,one,0,"), "fold and target should be whole numbers"),
    "twice": (lambda text: text + text.splitlines()[1] + "\n", r"occur more than once, the first is 1-1000-A-0"),
}


@pytest.mark.parametrize(("change", "why"), BAD.values(), ids=BAD)
def test_a_wrong_csv_is_refused(esc_root, change, why):
    change_csv(esc_root, change)
    with pytest.raises(UserError, match=why):
        ESCCorpus(str(esc_root)).manifest()


def test_a_listed_file_that_is_absent_is_an_error_within_no_tolerance(esc_root):
    (esc_root / "audio" / "2-1005-A-1.wav").unlink()
    with pytest.raises(UserError, match=r"1 of 20 clips cannot be read; audio/2-1005-A-1.wav: no such file"):
        ESC50(str(esc_root)).prepare_data()
    data = ESC50(str(esc_root), max_skipped=0.05)
    assert data.describe()["skipped"] == 1
    assert len(data.predict_dataloader().dataset) == 19


def test_a_file_that_is_not_listed_is_told(esc_root, caplog):
    write_tone(esc_root / "audio" / "9-1-A-0.wav")
    with caplog.at_level(logging.WARNING):
        assert len(ESCCorpus(str(esc_root)).manifest()) == 20
    assert "1 audio file(s) in" in caplog.text
    assert "not listed in meta/esc50.csv" in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
class TestGenuine:
    """The packs that SEPCL_DATA names."""

    @pytest.fixture(autouse=True)
    def packs(self, monkeypatch, packs_of_audio):
        monkeypatch.setenv("SEPCL_DATA", packs_of_audio)

    def test_counts(self):
        manifest = ESC50().manifest
        assert len(manifest.vocabulary) == 50
        assert Counter(e.fold for e in manifest.entries).keys() == {1, 2, 3, 4, 5}
        assert manifest.vocabulary[0] == "dog"
        assert ESC10().num_classes == 10

    def test_untouched_clips_in_44_1_khz(self, packs_of_audio):
        data = ESC50(f"{packs_of_audio}/ESC-50-wav44k")
        data.prepare_data()
        assert {row.samples for row in data.cache.rows} == {80000}
