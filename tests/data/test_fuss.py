from __future__ import annotations

import logging
import os
from collections import Counter

import pytest

from lightning_sepcl.data.fuss import FUSS, FUSSCorpus
from lightning_sepcl.errors import UserError
from tests.fakes.fuss import write_fuss
from tests.fakes.mixture import write_mixture
from tests.fakes.tone import write_tone


@pytest.fixture
def root(tmp_path):
    return write_fuss(tmp_path / "FUSS")


def test_lists_become_splits(root):
    manifest = FUSSCorpus(str(root)).manifest()
    assert Counter(e.split for e in manifest.entries) == {"train": 4, "val": 4, "test": 4}
    assert manifest.vocabulary == ()
    last = manifest.entries[-1]
    assert (last.key, last.path, last.labels) == ("eval/example00003", "eval/example00003.wav", ())
    names = ("background0", "foreground0", "foreground1", "foreground2")
    assert last.sources == tuple(f"eval/example00003_sources/{name}_sound.wav" for name in names)


def test_batches_hold_the_mixture_and_its_sources(root):
    data = FUSS(str(root), clip_seconds=0.2, batch_size=2)
    batch = next(iter(data.predict_dataloader()))
    assert batch.wave.shape == (12, 5, 1, 3200)
    assert (batch.wave[:, 0].int() == batch.wave[:, 1:].int().sum(1)).all()
    present = (batch.wave[:, 1:, 0] != 0).any(-1).sum(1)
    assert present.tolist() == [1, 2, 3, 4] * 3
    assert not batch.labelled.any()
    assert data.describe()["clips"] == {"train": 4, "val": 4, "test": 4}
    assert next(iter(data.train_dataloader())).wave.shape[1] <= 5


def test_sources_can_be_left_out(root):
    data = FUSS(str(root), clip_seconds=0.2, sources=False)
    assert next(iter(data.predict_dataloader())).wave.shape == (12, 1, 1, 3200)


@pytest.mark.parametrize("place", ["", "ssdata", ".."])
def test_the_folder_is_found_from_near_by(root, place):
    assert FUSSCorpus(str(root / place)).root.name == "ssdata"


def test_the_two_versions_are_never_mixed_up(root):
    with pytest.raises(UserError, match="no fuss_reverb found; looked in: "):
        _ = FUSSCorpus(str(root / "ssdata"), reverb=True).root
    write_fuss(root, examples=1, version="ssdata_reverb")
    assert len(FUSSCorpus(str(root), reverb=True).manifest()) == 3
    assert len(FUSSCorpus(str(root)).manifest()) == 12


def test_sepcl_data_holds_it(root, monkeypatch):
    monkeypatch.setenv("SEPCL_DATA", str(root.parent))
    assert len(FUSSCorpus().manifest()) == 12


def edit(root, change):
    path = root / "ssdata" / "validation_example_list.txt"
    path.write_text(change(path.read_text()))


BAD = {
    "no tabs": (lambda text: text.replace("\t", " "), "line 1: expected a mixture and its sources, divided by tabs"),
    "other part": (lambda text: text.replace("validation/", "eval/", 1), "line 1: 'eval/example00000.wav' is no file"),
    "outside": (lambda text: text.replace("validation/", "../", 1), "line 1: '../example00000.wav' is no file in val"),
    "nothing": (lambda text: "\n", "validation_example_list.txt is empty"),
    "twice": (lambda text: text + text.splitlines()[0] + "\n", "the first is validation/example00000: make"),
}


@pytest.mark.parametrize(("change", "why"), BAD.values(), ids=BAD)
def test_a_wrong_list_is_refused(root, change, why):
    edit(root, change)
    with pytest.raises(UserError, match=why):
        FUSSCorpus(str(root)).manifest()


def test_a_missing_list_is_told(root):
    (root / "ssdata" / "eval_example_list.txt").unlink()
    with pytest.raises(UserError, match=r"no list .*eval_example_list.txt: unpack the whole of FUSS again"):
        FUSSCorpus(str(root)).manifest()


def test_harm_to_the_files_is_told_once_for_all(root):
    (root / "ssdata/train/example00001_sources/foreground0_sound.wav").unlink()
    write_tone(root / "ssdata/train/example00000_sources/background0_sound.wav", hz=999, seconds=0.2)
    why = r"2 of 12 clips cannot be read; train/example00000.wav: not the sum of its 1 listed .* \(and 1 more, all in "
    with pytest.raises(UserError, match=why):
        FUSS(str(root)).prepare_data()
    assert FUSS(str(root), max_skipped=0.2).describe()["skipped"] == 2


def test_an_example_that_is_not_listed_is_told(root, caplog):
    write_mixture(root / "ssdata/eval/example00009.wav", [root / "ssdata/eval/example00009_sources/a.wav"])
    with caplog.at_level(logging.WARNING):
        FUSSCorpus(str(root)).manifest()
    assert "2 audio file(s) in" in caplog.text
    assert "not listed in eval_example_list.txt" in caplog.text


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_the_pack(packs_of_audio):
    data = FUSS(f"{packs_of_audio}/FUSS", batch_size=2)
    assert Counter(e.split for e in data.manifest.entries) == {"train": 6, "val": 2, "test": 2}
    batch = next(iter(data.predict_dataloader()))
    assert batch.wave.shape == (10, 5, 1, 160000)
    assert (batch.wave[:, 0].int() == batch.wave[:, 1:].int().sum(1)).all()
