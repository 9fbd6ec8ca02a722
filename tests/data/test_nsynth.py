from __future__ import annotations

import json
import logging
import os
from collections import Counter

import pytest

from lightning_sepcl.data.nsynth import FAMILIES, PITCHES, NSynth, NSynthCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.nsynth import write_nsynth
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_nsynth(tmp_path / "NSynth")


def test_parts_become_splits(root):
    manifest = NSynthCorpus(str(root)).manifest()
    assert Counter(e.split for e in manifest.entries) == {"train": 12, "val": 12, "test": 12}
    first = manifest.entries[0]
    assert (first.key, first.path, first.labels, first.group) == (
        "bass_acoustic_000-060-075",
        "nsynth-train/audio/bass_acoustic_000-060-075.wav",
        ("bass",),
        "bass_acoustic_000",
    )


@pytest.mark.parametrize(
    ("labels", "classes", "first"),
    [("instrument_family", FAMILIES, "bass"), ("pitch", PITCHES, "60")],
)
def test_labels_have_the_published_classes(root, labels, classes, first):
    manifest = NSynthCorpus(str(root), labels=labels).manifest()
    assert manifest.vocabulary == classes
    assert manifest.entries[0].labels == (first,)


def test_families_and_sources_are_in_the_order_of_their_published_numbers(root):
    notes = json.loads((root / "nsynth-train/examples.json").read_text()).values()
    assert all(FAMILIES[note["instrument_family"]] == note["instrument_family_str"] for note in notes)
    sources = NSynthCorpus(str(root), labels="instrument_source").manifest()
    assert sources.vocabulary == ("acoustic", "electronic", "synthetic")


def test_an_absent_part_leaves_its_split_empty_and_is_told(tmp_path, caplog):
    write_nsynth(tmp_path, parts=("nsynth-test",))
    with caplog.at_level(logging.WARNING):
        manifest = NSynthCorpus(str(tmp_path)).manifest()
    assert {e.split for e in manifest.entries} == {"test"}
    assert "has no nsynth-train and no nsynth-valid, so these splits are empty: train, val" in caplog.text
    assert "splits=by_instrument" in caplog.text


def test_one_part_can_be_dealt_out_by_instrument(tmp_path, caplog):
    write_nsynth(tmp_path, parts=("nsynth-test",), instruments=5)
    corpus = NSynthCorpus(str(tmp_path), splits="by_instrument", val_share=0.2, test_share=0.2)
    entries = corpus.manifest().entries
    instruments = {split: {e.group for e in entries if e.split == split} for split in ("train", "val", "test")}
    assert [len(several) for several in instruments.values()] == [9, 3, 3]
    assert len(set.union(*instruments.values())) == 15  # no instrument in two splits
    again = NSynthCorpus(str(tmp_path), splits="by_instrument", val_share=0.2, test_share=0.2, split_seed=1)
    assert again.manifest().entries != entries
    assert not caplog.records


def test_batches(root):
    data = NSynth(str(root), labels="pitch", clip_seconds=0.1, batch_size=4)
    batch = next(iter(data.train_dataloader()))
    assert batch.wave.shape == (4, 1, 1, 1600)
    assert batch.target.shape == (4, 128)
    assert data.describe()["clips"] == {"train": 12, "val": 12, "test": 12}


def change(root, edit):
    path = root / "nsynth-train" / "examples.json"
    notes = json.loads(path.read_text())
    edit(notes)
    path.write_text(json.dumps(notes))


FIRST = "bass_acoustic_000-060-075"
BAD = {
    "a missing field": (lambda n: n[FIRST].pop("pitch"), f"note {FIRST} lacks the field pitch; it has: instrument"),
    "no pitch": (lambda n: n[FIRST].update(pitch=128), r"note bass\S+, pitch: label '128' is none of the 128 classes"),
    "no fields": (lambda n: n.update(x=3), "should map names of notes to their fields"),
    "a note of another part": (
        lambda n: n.update({FIRST.replace("000-", "100-", 1): n[FIRST]}),
        r"nsynth-valid/examples\.json: bass\S+ is listed already in \S+nsynth-train/examples\.json",
    ),
}


@pytest.mark.parametrize(("edit", "why"), BAD.values(), ids=BAD)
def test_a_wrong_list_is_refused(root, edit, why):
    change(root, edit)
    with pytest.raises(UserError, match=why):
        NSynthCorpus(str(root), labels="pitch").manifest()


def test_an_unknown_family_is_refused(root):
    change(root, lambda notes: notes[FIRST].update(instrument_family_str="bras"))
    with pytest.raises(UserError, match=r"'bras' is none of the 11 classes; did you mean brass\?"):
        NSynthCorpus(str(root)).manifest()


def test_broken_json_is_refused(root):
    path = root / "nsynth-valid" / "examples.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(UserError, match=r"nsynth-valid/examples\.json is no JSON \(.*\): unpack it .* again"):
        NSynthCorpus(str(root)).manifest()


def test_a_part_without_its_list_is_refused(root):
    (root / "nsynth-valid" / "examples.json").unlink()
    with pytest.raises(UserError, match=r"no file \S+nsynth-valid/examples\.json"):
        NSynthCorpus(str(root)).manifest()


def test_a_wrong_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no nsynth found; .*nsynth-train, nsynth-valid, nsynth-test or some of them"):
        NSynthCorpus(str(tmp_path)).manifest()


def test_shares_beyond_one_are_refused():
    with pytest.raises(ValueError, match=r"val_share \+ test_share=1\.2"):
        NSynthCorpus("x", val_share=0.6, test_share=0.6)


def test_absent_and_unlisted_files(root, caplog):
    (root / "nsynth-train" / "audio" / f"{FIRST}.wav").unlink()
    write_tone(root / "nsynth-train" / "audio" / "mine.wav")
    with pytest.raises(UserError, match=rf"1 of 36 clips cannot be read; nsynth-train/audio/{FIRST}.wav: no such file"):
        NSynth(str(root)).prepare_data()
    assert "1 audio file(s) in" in caplog.text
    assert "not listed in nsynth-train/examples.json" in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_the_genuine_part(packs_of_audio, monkeypatch):
    monkeypatch.setenv("SEPCL_DATA", packs_of_audio)
    data = NSynth()
    assert Counter(e.split for e in data.manifest.entries) == {"test": 32}
    assert Counter(e.labels[0] for e in data.manifest.entries)["organ"] == 6
    data.prepare_data()
    assert {row.samples for row in data.cache.rows} == {64000}
    dealt = NSynth(splits="by_instrument", labels="pitch").manifest
    assert {e.split for e in dealt.entries} == {"train", "val", "test"}
    assert {e.labels for e in dealt.entries} == {("60",)}
