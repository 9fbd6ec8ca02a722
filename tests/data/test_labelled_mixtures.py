"""Mixtures of labelled clips: sums to the bit, disjoint splits, lists that stay, draws that hang on the seed alone."""

import numpy as np
import pytest
import torch

from lightning_sepcl.data import ESCCorpus, LabelledMixtures
from lightning_sepcl.data.mixture_list import read_list
from lightning_sepcl.errors import UserError
from tests.fakes.esc import write_esc
from tests.fakes.noise_corpus import NoiseCorpus

SMALL = {"train": 12, "val": 6, "test": 5, "seconds": 0.1, "batch_size": 4}


@pytest.fixture(scope="module")
def esc(tmp_path_factory):
    return write_esc(tmp_path_factory.mktemp("esc"), clips_per_class_and_fold=2, seconds=0.3)


@pytest.fixture
def mixtures(esc, tmp_path_factory):
    cache = tmp_path_factory.getbasetemp() / "mixture_cache"
    return lambda **settings: LabelledMixtures(ESCCorpus(str(esc)), cache_dir=str(cache), **SMALL | settings)


def batches(loader):
    return list(loader)


def test_sources_add_up_to_the_mixture_to_the_bit(mixtures):
    data = mixtures()
    for batch in [*batches(data.train_dataloader()), *batches(data.test_dataloader()[-1])]:
        assert batch.wave.dtype == torch.int16
        assert batch.wave.shape[1:] == (3, 1, 1600)
        assert torch.equal(batch.wave[:, 1:].sum(1, dtype=torch.int16), batch.wave[:, 0])
        assert batch.wave[:, 1:].float().abs().amax((2, 3)).min() > 0
        assert (batch.target.sum(1) == 2).all()  # two sources of different classes
        assert batch.labelled.all()


def test_a_mixtures_sources_are_clips_of_its_split(mixtures):
    data = mixtures()
    split = {entry.key: entry.split for entry in data.manifest.entries}
    for name, recipes in data.listed.items():
        assert {split[part.clip] for recipe in recipes for part in recipe.parts} == {name}
    drawn = [data._training_set().recipe(0, place) for place in range(50)]
    assert {split[part.clip] for recipe in drawn for part in recipe.parts} == {"train"}


def test_levels_lie_within_the_bounds(mixtures):
    wave = torch.cat([b.wave for b in batches(mixtures(level_db=2.5).train_dataloader())]).float() / 32768
    level = 20 * wave[:, 1:].square().mean(-1).sqrt().div(0.05).log10()
    assert level.abs().max() < 2.6
    assert level.std() > 0.5


def test_the_same_seed_draws_the_same_and_every_epoch_anew(mixtures):
    one, same, other = (mixtures(seed=seed)._training_set() for seed in (0, 0, 1))
    assert one.recipe(3, 7) == same.recipe(3, 7)
    assert one.recipe(3, 7) != one.recipe(4, 7)
    assert one.recipe(3, 7).parts != other.recipe(3, 7).parts


def test_a_batch_does_not_matter(mixtures):
    data = mixtures()._training_set()
    together = data.__getitems__([(1, 4), (1, 9)])
    assert torch.equal(together.wave[1:], data[1, 9].wave)


def test_lists_are_written_once_and_then_fixed(mixtures, tmp_path):
    first = mixtures(lists=str(tmp_path / "lists"))
    first.prepare_data()
    text = (tmp_path / "lists/val.csv").read_text()
    assert text.splitlines()[0] == "mixture,clip,start_seconds,gain_db"
    assert len(text.splitlines()) == 1 + 6 * 2
    again = mixtures(lists=str(tmp_path / "lists"), data_seed=5)
    assert [r.key for r in again.listed["val"]] == [r.key for r in first.listed["val"]]
    assert (tmp_path / "lists/val.csv").read_text() == text
    rendered = [next(iter(d.test_dataloader()[-1])).wave for d in (first, again, mixtures())]
    assert torch.equal(rendered[0], rendered[1])  # from the file
    assert torch.equal(rendered[0], rendered[2])  # drawn anew from the same seed
    assert not torch.equal(rendered[0], next(iter(mixtures(data_seed=5).test_dataloader()[-1])).wave)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("gain_db", "level"), "its columns should be mixture, clip, start_seconds, gain_db"),
        (lambda text: text.replace("val/00001,", "val/00001,9-", 1), "which is not in the data set"),
        (lambda text: "\n".join(text.splitlines()[:5]), "has 2 mixtures, 6 are wanted"),
        (lambda text: text.replace(",0.", ",zero", 1), "could not convert"),
    ],
)
def test_a_damaged_list_is_told(mixtures, tmp_path, change, told):
    mixtures(lists=str(tmp_path)).prepare_data()
    path = tmp_path / "val.csv"
    text = path.read_text()
    path.write_text(change(text) + "\n")
    with pytest.raises(UserError, match=told):
        mixtures(lists=str(tmp_path)).prepare_data()


def test_a_list_of_another_split_is_told(mixtures, tmp_path):
    data = mixtures(lists=str(tmp_path))
    data.prepare_data()
    splits = {entry.key: entry.split for entry in data.manifest.entries}
    with pytest.raises(UserError, match="which is in val, not in test"):
        read_list(tmp_path / "val.csv", splits, "test", 2)


def test_one_source_and_several(mixtures):
    wave = torch.cat([b.wave for b in batches(mixtures(polyphony=[1, 3], train=40).train_dataloader())])
    count = (wave[:, 1:].abs().amax((2, 3)) > 0).sum(1)
    assert set(count.tolist()) == {1, 2, 3}
    assert (wave[count == 1, 2:] == 0).all()


def test_without_sources_the_mixture_alone_is_handed_out(mixtures):
    data = mixtures(sources=False, train_listed=5)
    assert [len(loader.dataset) for loader in data.test_dataloader()] == [5, 6, 5]
    assert next(iter(data.train_dataloader())).wave.shape == (4, 1, 1, 1600)
    assert data.multi_label


def test_the_record_tells_the_lists(mixtures):
    told = mixtures().describe()["mixtures"]
    assert told["train"] == 12
    assert told["val"]["mixtures"] == 6
    assert len(told["test"]["hash"]) == 12


def test_embedded_sounds_are_the_default(tmp_path, monkeypatch):
    monkeypatch.setattr("lightning_sepcl.data.labelled_mixtures.SINGLE", {"train": 40, "val": 30, "test": 30})
    data = LabelledMixtures(cache_dir=str(tmp_path), **SMALL | {"seconds": 0.5})
    batch = next(iter(data.train_dataloader()))
    assert torch.equal(batch.wave[:, 1:].sum(1, dtype=torch.int16), batch.wave[:, 0])
    assert data.corpus.name == "synthetic_scenes"


def test_too_few_classes_are_told(tmp_path):
    data = LabelledMixtures(NoiseCorpus(30), cache_dir=str(tmp_path), **SMALL | {"seconds": 0.005, "polyphony": [3, 3]})
    with pytest.raises(UserError, match="need clips of as many, these have 2"):
        data.prepare_data()


@pytest.mark.parametrize("wrong", [{"polyphony": [0, 2]}, {"polyphony": [2]}, {"val": 0}, {"train_listed": -1}])
def test_wrong_settings_are_refused(mixtures, wrong):
    with pytest.raises(ValueError, match=r"polyphony|at least 1"):
        mixtures(**wrong)


def test_silent_clips_stay_silent(tmp_path):
    corpus = NoiseCorpus(30, silent=tuple(range(30)))
    data = LabelledMixtures(corpus, cache_dir=str(tmp_path), **SMALL | {"seconds": 0.005})
    assert not np.any(next(iter(data.train_dataloader())).wave.numpy())


def test_channels_made_before_are_refused(mixtures):
    with pytest.raises(UserError, match=r"draws its mixtures anew.*set model\.front\.separate=SeparateOnDevice"):
        mixtures(separated=["somewhere"])
    assert mixtures(separated=[]).separated_folders == ()
