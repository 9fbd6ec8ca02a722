from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.cli import LightningCLI

from lightning_sepcl import data as room
from lightning_sepcl.data import datamodule
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.esc import ESC50
from lightning_sepcl.data.separated import write_separated
from lightning_sepcl.errors import UserError
from lightning_sepcl.records import Batch
from tests.fakes.noise_corpus import NoiseCorpus

NAMED = ("ESC50", "ESC10", "SpeechCommands", "FSDD", "AudioFolder", "SyntheticScenes")


def noise(clips=20, **settings):
    settings = {"batch_size": 4, "clip_seconds": 0.005, **settings}
    return AudioDataModule(NoiseCorpus(clips=clips), **settings)


def keys(loader):
    return [key for batch in loader for key in batch.keys]


def in_split(data, *splits):
    return [e.key for e in data.manifest.entries if e.split in splits]


def test_what_is_known_before_the_cache_is_built(tmp_path):
    data = noise()
    assert data.sample_rate == 16000
    assert data.class_names == ("even", "odd")
    assert (data.num_classes, data.multi_label, data.clip_samples) == (2, False, 80)
    assert noise(clip_seconds=None).clip_samples is None
    assert not (tmp_path / "cache").exists()


def test_evaluation_loaders_give_every_clip_once_in_order():
    data = noise(eval_batch_size=3)
    train, val = data.val_dataloader()
    assert keys(train) == in_split(data, "train")
    assert keys(val) == in_split(data, "val")
    assert [keys(loader) for loader in data.test_dataloader()] == [in_split(data, s) for s in ("train", "val", "test")]
    assert keys(data.predict_dataloader()) == [e.key for e in data.manifest.entries]


def test_training_gives_whole_batches_of_its_splits():
    data = noise(pretrain_on=["train", "val"])
    batches = list(data.train_dataloader())
    assert [len(batch) for batch in batches] == [4] * 4
    assert set(keys(batches)) <= set(in_split(data, "train", "val"))
    assert len(set(keys(batches))) == 16


def test_only_training_clips_tell_their_labels_in_training():
    data = noise(pretrain_on=["train", "val", "test"])
    told = {
        key: bool(known)
        for batch in data.train_dataloader()
        for key, known in zip(batch.keys, batch.labelled, strict=True)
    }
    assert len(told) == 20
    assert {key for key, known in told.items() if known} == set(in_split(data, "train"))
    hidden = [batch.target[~batch.labelled] for batch in data.train_dataloader()]
    assert not torch.cat(hidden).any()


def told_in_training(data):
    return {
        key for batch in data.train_dataloader() for key, known in zip(batch.keys, batch.labelled, strict=True) if known
    }


def test_a_fraction_of_the_labels_is_told_by_seed():
    half, other = noise(label_fraction=0.5), noise(label_fraction=0.5, seed=1)
    assert len(told_in_training(half)) == 6  # of 12 training clips
    assert told_in_training(half) == told_in_training(noise(label_fraction=0.5))
    assert told_in_training(half) != told_in_training(other)
    assert len(set(keys(half.train_dataloader()))) == 12  # the others stay, without their labels
    train, _ = half.val_dataloader()
    assert all(batch.labelled.all() for batch in train)  # evaluation is told everything


def test_clips_without_labels_may_be_dropped_and_batches_then_hold_what_is_left():
    data = noise(label_fraction=0.2, label_stratified=True, unlabelled="drop", batch_size=8)
    (batch,) = data.train_dataloader()
    assert len(batch) == 2
    assert batch.labelled.all()
    assert batch.target.sum(0).tolist() == [1, 1]


def test_a_class_without_labels_is_told_before_training():
    with pytest.raises(UserError, match=r"label_fraction=0\.05 draws 1 of 12 labelled clips and leaves 1 of 2 classes"):
        noise(label_fraction=0.05).train_dataloader()
    with pytest.raises(ValueError, match="label_fraction=0 should lie above 0"):
        noise(label_fraction=0.0)


def test_fewer_clips_than_a_batch_are_refused():
    with pytest.raises(
        UserError, match=r"noise has 12 training clip\(s\), less than one batch of 64.*set --data.batch_size 12"
    ):
        noise(batch_size=64).train_dataloader()


def test_where_no_clip_has_a_label_some_training_clips_are_enough(monkeypatch):
    class Unlabelled(NoiseCorpus):
        def manifest(self):
            known = super().manifest()
            return replace(known, entries=tuple(replace(entry, labels=()) for entry in known.entries))

    monkeypatch.setattr(datamodule, "STANDARDISED_BY", 5)
    data = AudioDataModule(Unlabelled(clips=20), batch_size=4, clip_seconds=0.005)
    train, val = map(keys, data.val_dataloader())
    assert len(train) == 5
    assert set(train) < set(in_split(data, "train"))
    assert val == in_split(data, "val")
    assert len(keys(noise().val_dataloader()[0])) == 12


def test_a_split_without_clips_is_named():
    data = AudioDataModule(NoiseCorpus(clips=2, name="two"), batch_size=1)
    data.pretrain_on = ("val",)
    with pytest.raises(UserError, match=r"two has no clips in val, which pretrain_on names: .* 2 in train, 0 in val"):
        data.train_dataloader()


def test_separated_channels_come_along_as_sources_for_the_same_stretch(tmp_path):
    data = noise()
    for name, share in (("a", 0.25), ("b", 0.75)):
        write_separated(tmp_path / name, data.cache, lambda wave, share=share: np.stack([wave * share] * 2), name)
    apart = noise(separated=[str(tmp_path / "a"), str(tmp_path / "b")])
    for plain, batch in zip(data.train_dataloader(), apart.train_dataloader(), strict=True):
        assert batch.wave.shape[1] == 1 + 2 + 2
        assert torch.equal(batch.wave[:, :1], plain.wave)
        assert (batch.wave[:, 1:3] - plain.wave * 0.25).abs().max() <= 1
        assert (batch.wave[:, 3:] - plain.wave * 0.75).abs().max() <= 1
    assert all(batch.wave.shape[1] == 1 for loader in apart.test_dataloader() for batch in loader)
    assert apart.describe()["separators"] == ["a", "b"]
    assert "separators" not in data.describe()


def test_sources_come_along_when_asked_for():
    assert next(iter(noise(sources=True).train_dataloader())).wave.shape == (4, 3, 1, 80)
    assert next(iter(noise().train_dataloader())).wave.shape == (4, 1, 1, 80)


def test_statistics_are_found_over_some_clips_of_the_trained_splits():
    data = noise(pretrain_on=["val", "test"])
    assert keys(data.statistics_dataloader()) == in_split(data, "val", "test")
    some = keys(data.statistics_dataloader(clips=5))
    assert len(set(some)) == 5
    assert keys(data.statistics_dataloader(clips=5)) == some
    assert set(some) <= set(in_split(data, "val", "test"))


def test_the_description_does_not_know_the_place(tmp_path):
    first = noise(cache_dir=str(tmp_path / "a")).describe()
    assert first == noise(cache_dir=str(tmp_path / "b")).describe()
    assert first["clips"] == {"train": 12, "val": 4, "test": 4}
    assert first["hours"] == pytest.approx(sum(100 + i for i in range(20)) / 16000 / 3600, abs=1e-4)
    assert (first["skipped"], first["silent"]) == (0, 0)


def test_silent_clips_are_counted():
    assert AudioDataModule(NoiseCorpus(silent=(1, 2))).describe()["silent"] == 2


WRONG = {
    "split": ({"pretrain_on": ["trian"]}, "'trian'; did you mean train"),
    "length": ({"clip_seconds": 1e-6}, "less than one sample"),
    "batch": ({"batch_size": 0}, "batch_size=0 should be at least 1"),
    "judging batch": ({"eval_batch_size": 0}, "eval_batch_size=0 should be at least 1"),
    "workers": ({"num_workers": -1}, "num_workers=-1 should be at least 0"),
    "rate": ({"sample_rate": 0}, "sample_rate=0 should be at least 1"),
    "skipped": ({"max_skipped": 5.0}, "max_skipped=5.0 should be a share between 0 and 1"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_refused(settings, why):
    with pytest.raises(ValueError, match=why):
        noise(**settings)


class Several(pl.Trainer):
    """The second of two processes, or the first, as far as the data module can tell."""

    world_size = 2

    def __init__(self, rank, **settings):
        super().__init__(
            accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, **settings
        )
        self.rank = rank

    @property
    def global_rank(self):
        return self.rank


def test_processes_train_on_different_clips(monkeypatch):
    seen = []
    for rank in range(2):
        data = noise()
        monkeypatch.setattr(data, "trainer", Several(rank, use_distributed_sampler=False))
        seen.append(set(keys(data.train_dataloader())))
    assert not seen[0] & seen[1]
    assert len(seen[0]) == len(seen[1]) == 4


def test_lightnings_own_dealing_out_is_refused(monkeypatch):
    data = noise()
    monkeypatch.setattr(data, "trainer", Several(0))
    with pytest.raises(UserError, match="use_distributed_sampler=false"):
        data.train_dataloader()


class Nothing(pl.LightningModule):
    """A model for the command line."""


@pytest.fixture
def parsed(monkeypatch):
    monkeypatch.setattr("sys.argv", ["sepcl"])
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")  # Lightning 2.6.6 calls what version 5 will remove
    return parse


def parse(*args):
    return LightningCLI(
        Nothing,
        pl.LightningDataModule,
        seed_everything_default=False,
        trainer_defaults={"logger": False},
        subclass_mode_data=True,
        run=False,
        args=list(args),
        save_config_callback=None,
    )


@pytest.mark.parametrize("name", NAMED)
def test_the_command_line_knows_every_data_module(name, tmp_path, parsed):
    own = {"AudioFolder": ["--data.root", str(tmp_path)]}.get(name, [])
    data = parsed("--data", name, "--data.batch_size", "3", "--data.sources", "true", *own).datamodule
    assert type(data) is getattr(room, name)
    assert data.batch_size == 3
    assert data.settings.sources


def test_the_command_line_sets_what_a_corpus_adds(esc_root, parsed):
    data = parsed("--data", "ESC50", "--data.root", str(esc_root), "--data.test_fold", "2").datamodule
    assert isinstance(data, ESC50)
    assert data.manifest.entries[4].split == "test"
    assert data.clip_samples == 80000


def test_the_command_line_refuses_other_names(capsys, parsed):
    with pytest.raises(SystemExit):
        parsed("--data", "ESC50", "--data.batchsize", "3")
    assert "batchsize" in capsys.readouterr().err


class Counting(pl.LightningModule):
    """Trains on nothing and counts what it is handed."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = {}

    def note(self, stage, batch, dataloader_idx=0):
        assert isinstance(batch, Batch)
        self.seen.setdefault((stage, dataloader_idx), []).extend(batch.keys)

    def training_step(self, batch, batch_idx):
        self.note("train", batch)
        return self.weight * 0

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.note("val", batch, dataloader_idx)

    def test_step(self, batch, batch_idx, dataloader_idx=0):
        self.note("test", batch, dataloader_idx)

    def predict_step(self, batch, batch_idx):
        self.note("predict", batch)
        return len(batch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters())


def trainer(**settings):
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=1,
        num_sanity_val_steps=0,
        **settings,
    )


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec:FutureWarning")  # Lightning 2.6.6 beside torch 2.14
def test_a_trainer_runs_every_stage(workers):
    data, model = noise(num_workers=workers, eval_batch_size=3), Counting()
    for stage in ("fit", "validate", "test", "predict"):
        getattr(trainer(), stage)(model, datamodule=data)
    assert len(model.seen["train", 0]) == 12
    assert model.seen["val", 1] == 2 * in_split(data, "val")
    assert [model.seen["test", i] for i in range(3)] == [in_split(data, s) for s in ("train", "val", "test")]
    assert model.seen["predict", 0] == [e.key for e in data.manifest.entries]


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:You requested to overfit")
def test_a_trainer_may_overfit_one_batch():
    data, model = noise(), Counting()
    trainer(overfit_batches=1).fit(model, datamodule=data)
    assert model.seen["train", 0] == in_split(data, "train")[:4]


def test_processes_judge_different_batches_but_find_the_same_statistics(monkeypatch):
    whole = [keys(loader) for loader in noise(eval_batch_size=2).test_dataloader()]
    seen = []
    for rank in range(2):
        data = noise(eval_batch_size=2)
        monkeypatch.setattr(data, "trainer", Several(rank, use_distributed_sampler=False))
        seen.append([keys(loader) for loader in data.test_dataloader()])
        assert keys(data.statistics_dataloader()) == keys(noise().statistics_dataloader())
    for first, second, both in zip(*seen, whole, strict=True):
        assert set(first) | set(second) == set(both)
        assert first[:2] == both[:2]
