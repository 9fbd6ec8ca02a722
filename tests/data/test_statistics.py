from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.data.audio_folder import FolderCorpus
from lightning_sepcl.data.esc import ESCCorpus
from lightning_sepcl.data.statistics import as_json, quantiles, statistics
from tests.fakes.tone import cut_file, write_tone


@pytest.fixture
def folder(tmp_path):
    write_tone(tmp_path / "a.wav", seconds=1.0)
    write_tone(tmp_path / "b.flac", seconds=3.0, sample_rate=8000, channels=2)
    write_tone(tmp_path / "c.wav", seconds=2.0)
    sf.write(tmp_path / "silent.wav", np.zeros(8000), 8000)
    sf.write(tmp_path / "loud.wav", np.ones(8000), 8000)
    cut_file(write_tone(tmp_path / "broken.wav"), 0.5)
    lines = ["a.wav,dog;cat,train", "b.flac,dog,train", "c.wav,bird,val", "silent.wav,,val", "loud.wav,dog,train"]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label,split", *lines, "broken.wav,cat,test"]))
    return tmp_path


def test_figures_split_by_split(folder):
    found = statistics(FolderCorpus(str(folder), clip_seconds=None), workers=1)
    train, val = found.splits  # the only test clip cannot be read
    assert (train.split, train.clips, val.split, val.clips) == ("train", 3, "val", 2)
    assert train.hours == pytest.approx(5 / 3600)
    assert list(train.seconds) == [1.0, 3.0, 1.0]
    assert (train.labels, val.labels) == ({"dog": 3, "cat": 1}, {"bird": 1})
    assert train.kinds == {(16000, 1, "WAV PCM_16"): 1, (8000, 2, "FLAC PCM_16"): 1, (8000, 1, "WAV PCM_16"): 1}
    assert (train.totals["full_scale"], val.silent, val.totals["unlabelled"]) == (1, 1, 1)
    assert all(type(count) is int for split in found.splits for count in split.totals.values())
    assert found.labels == {"bird": 1, "cat": 1, "dog": 3}
    assert [(x.path, "cut short" in x.reason) for x in found.unreadable] == [("broken.wav", True)]


def test_json_says_the_same_and_none_for_what_is_not_defined(folder):
    corpus = FolderCorpus(str(folder), clip_seconds=None)
    silent = [e for e in corpus.manifest().entries if e.key == "silent.wav"]
    found = statistics(corpus, replace(corpus.manifest(), entries=tuple(silent)), workers=1)
    text = json.dumps(as_json(found), allow_nan=False)
    assert json.loads(text)["splits"]["val"]["rms_db"]["median"] is None
    whole = json.loads(json.dumps(as_json(statistics(corpus, workers=1)), allow_nan=False))
    assert whole["splits"]["train"]["seconds"] == {"min": 1.0, "p5": 1.0, "median": 1.0, "p95": 2.8, "max": 3.0}
    assert whole["unreadable"][0]["file"] == "broken.wav"


def test_classes_without_a_clip_count_as_none(esc_root):
    manifest = ESCCorpus(str(esc_root)).manifest()
    few = replace(manifest, entries=manifest.entries[:2])
    found = statistics(ESCCorpus(str(esc_root)), few, workers=1)
    assert found.labels == {"dog": 1, "rooster": 1, "rain": 0, "car_horn": 0}


def test_quantiles_of_nothing():
    assert all(math.isnan(value) for value in quantiles([-math.inf]).values())
    assert quantiles(np.arange(101, dtype=np.float32)) == {
        "min": 0.0,
        "p5": 5.0,
        "median": 50.0,
        "p95": 95.0,
        "max": 100.0,
    }
