from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader

from lightning_sepcl.evaluation.baselines import LogMelStatistics
from lightning_sepcl.evaluation.callback import Evaluation
from lightning_sepcl.evaluation.knn import KNN
from lightning_sepcl.evaluation.linear_probe import LinearProbe
from lightning_sepcl.evaluation.query_by_example import QueryByExample
from lightning_sepcl.evaluation.results_file import read_results
from lightning_sepcl.evaluation.shallow_classifier import ShallowClassifier
from lightning_sepcl.features.log_mel import LogMel
from lightning_sepcl.records import Batch

RATE, SAMPLES = 4000, 2000
PITCHES_HZ = (300.0, 600.0, 1100.0)


def sine_clips(n: int, seed: int, labelled: bool = True) -> list[Batch]:
    """Batches of up to 8 clips of three pitches, random phase and level, in int16 as from the cache."""
    generator = torch.Generator().manual_seed(seed)
    index = torch.arange(n) % 3
    phase, level = torch.rand(n, 1, generator=generator) * 6.28, 0.1 + 0.4 * torch.rand(n, 1, generator=generator)
    wave = level * torch.sin(6.2832 * torch.tensor(PITCHES_HZ)[index, None] * torch.arange(SAMPLES) / RATE + phase)
    wave = ((wave + 0.02 * torch.randn(n, SAMPLES, generator=generator)) * 32767).to(torch.int16)[:, None, None]
    known = torch.full((n,), labelled)
    target = torch.eye(3)[index] * labelled
    return [
        Batch(wave[r], torch.full((len(r),), SAMPLES), target[r], known[r], r, tuple(f"{seed}-{i}" for i in r.tolist()))
        for r in torch.arange(n).split(8)
    ]


class Sines(pl.LightningDataModule):
    class_names = ("low", "mid", "high")

    def __init__(self, labelled: bool = True) -> None:
        super().__init__()
        self.parts = [sine_clips(n, seed, labelled) for seed, n in enumerate((48, 24, 36))]

    def loaders(self, count: int) -> list[Any]:
        return [DataLoader(part, batch_size=None) for part in self.parts[:count]]  # type: ignore[arg-type]

    def train_dataloader(self) -> Any:
        return self.loaders(1)[0]

    def val_dataloader(self) -> Any:
        return self.loaders(2)

    def test_dataloader(self) -> Any:
        return self.loaders(3)


class Spectrum(pl.LightningModule):
    """Embeds by the magnitude in bands of 500 Hz, behind a batch norm and a gate that decides what is heard."""

    def __init__(self, gate: float = 1.0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.gate = nn.Parameter(torch.tensor(gate))
        self.dropout = nn.Dropout(0.5)
        self.draws: list[float] = []

    def embed(self, wave: Tensor, length: Tensor) -> dict[str, Tensor]:
        power = torch.fft.rfft(wave[:, 0]).abs()[:, 1:].unflatten(1, (4, -1)).mean(2).log1p()
        normal = self.norm(power)
        return {"embedding": self.gate * normal + (1 - self.gate) * torch.ones_like(normal), "input": power}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        self.draws.append(torch.rand(()).item())
        wave = batch.wave[:, 0].float() / 32768
        return self.dropout(self.embed(wave, batch.length)["embedding"]).square().mean()

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        return self.embed(batch.wave[:, 0].float() / 32768, batch.length)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        return self.validation_step(batch, batch_idx, dataloader_idx)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 1e-3)


@pytest.fixture(autouse=True)
def _quiet_lightning() -> Any:
    """Lightning advises about workers and logging on a small machine; none of it is about what is tested here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", message=".*isinstance\\(treespec, LeafSpec\\).*")
        yield


def trainer(folder: Path, *callbacks: pl.Callback, **settings: Any) -> pl.Trainer:
    silent = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    checkpointing = any(isinstance(c, ModelCheckpoint) for c in callbacks)
    settings = {"enable_checkpointing": checkpointing, "max_epochs": 1, **silent, **settings}
    return pl.Trainer(default_root_dir=folder, callbacks=list(callbacks), **settings)


def baseline() -> LogMelStatistics:
    return LogMelStatistics(LogMel(bins=8, low_hz=60.0, high_hz=1900.0), RATE)


def test_test_judges_method_untrained_and_baselines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    protocols = [QueryByExample(ratio=None), KNN(), LinearProbe(), ShallowClassifier(hidden=16, max_checks=12)]
    evaluation = Evaluation(protocols, baselines=[baseline()])
    trainer(tmp_path, evaluation).test(Spectrum(), datamodule=Sines(), verbose=False)

    results = {(r.what, r.metric): r for r in read_results(tmp_path / "results.json")}
    names = list(dict.fromkeys(what for what, _ in results))
    assert names[:2] == ["embedding", "input"]
    assert {"untrained embedding", "untrained input", "log-mel mean", "log-mel patch mean"} < set(names)
    assert results["embedding", "knn_accuracy"].value == 1.0  # pitches that a spectrum cannot miss
    assert results["embedding", "linear_accuracy"].value == 1.0
    assert results["log-mel mean+std", "knn_accuracy"].value == 1.0
    assert results["embedding", "knn_accuracy"].chance == pytest.approx(1 / 3)
    assert results["embedding", "knn_accuracy"].n == 36
    assert results["embedding", "qbe_map_all_others"].chance == pytest.approx(66 / (66 + 12 * 24))

    text = capsys.readouterr().out
    assert text.count("Evaluation on the test clips") == 1
    assert "knn_accuracy" in text
    assert all(name in text for name in names)

    with np.load(tmp_path / "embeddings.npz") as file:
        assert file["keys"].tolist() == [f"2-{i}" for i in range(36)]
        assert file["class_names"].tolist() == ["low", "mid", "high"]
        assert file["h:embedding"].shape == (36, 4)
        assert np.array_equal(file["target"], np.eye(3)[np.arange(36) % 3])


def test_an_embedding_that_knows_nothing_is_at_chance_and_beaten_by_the_baseline(tmp_path: Path) -> None:
    evaluation = Evaluation([QueryByExample(ratio=None), KNN()], baselines=[baseline()], untrained=False)
    trainer(tmp_path, evaluation).test(Spectrum(gate=0.0), datamodule=Sines(), verbose=False)
    results = {(r.what, r.metric): r for r in read_results(tmp_path / "results.json")}
    constant, log_mel = results["embedding", "qbe_map_all_others"], results["log-mel mean", "qbe_map_all_others"]
    assert constant.value == pytest.approx(constant.chance, abs=1e-12)
    assert log_mel.value > 0.95


def test_the_untrained_row_is_from_before_the_checkpoint(tmp_path: Path) -> None:
    deaf = trainer(tmp_path, max_epochs=0, enable_checkpointing=False)
    deaf.fit(Spectrum(gate=0.0), datamodule=Sines())
    deaf.save_checkpoint(tmp_path / "deaf.ckpt")
    evaluation = Evaluation([QueryByExample(ratio=None)])
    again = trainer(tmp_path, evaluation)
    again.test(
        Spectrum(gate=1.0), datamodule=Sines(), ckpt_path=tmp_path / "deaf.ckpt", weights_only=False, verbose=False
    )
    value = {r.what: r.value for r in read_results(tmp_path / "results.json")}
    assert value["embedding"] == pytest.approx(66 / (66 + 12 * 24))  # the checkpoint's gate is shut
    assert value["untrained embedding"] > 0.95


def test_the_untrained_row_is_from_before_a_fit_in_the_same_process(tmp_path: Path) -> None:
    evaluation, module = Evaluation([QueryByExample(ratio=None)]), Spectrum(gate=1.0)
    trainer(tmp_path, evaluation).fit(module, datamodule=Sines())
    module.gate.data.zero_()
    trainer(tmp_path, evaluation).test(module, datamodule=Sines(), verbose=False)
    value = {r.what: r.value for r in read_results(tmp_path / "results.json")}
    assert value["embedding"] == pytest.approx(66 / (66 + 12 * 24))
    assert value["untrained embedding"] > 0.95


def test_the_untrained_rows_batch_norm_knows_the_training_clips(tmp_path: Path) -> None:
    trainer(tmp_path, Evaluation([KNN()])).test(Spectrum(), datamodule=Sines(), verbose=False)
    with np.load(tmp_path / "embeddings.npz") as file:
        trained, untrained = file["h:embedding"], file["h:untrained embedding"]
    assert np.abs(untrained.mean(0)).max() < 0.3  # batch norm brings it near zero ...
    assert np.abs(trained.mean(0)).max() > 0.5  # ... which its initial statistics do not


def test_clips_without_labels_give_one_line_and_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="lightning_sepcl"):
        trainer(tmp_path, Evaluation()).test(Spectrum(), datamodule=Sines(labelled=False), verbose=False)
    assert [r.message for r in caplog.records if r.name.startswith("lightning_sepcl")] == [
        "no results: none of the test clips has a label"
    ]
    assert read_results(tmp_path / "results.json") == []
    assert "Evaluation" not in capsys.readouterr().out
    assert (tmp_path / "embeddings.npz").exists()


def test_the_three_loaders_are_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\[train, val, test\] in this order, got 2"):
        trainer(tmp_path, Evaluation()).test(Spectrum(), dataloaders=Sines().loaders(2))


class Seen(pl.Callback):
    """Writes down what is logged after each validation."""

    def __init__(self) -> None:
        self.metrics: list[dict[str, float]] = []

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.metrics.append({k: float(v) for k, v in trainer.callback_metrics.items()})


def test_online_figures_are_logged_and_can_be_monitored(tmp_path: Path) -> None:
    keep = ModelCheckpoint(tmp_path, monitor="val/qbe_map", mode="max", filename="best")
    seen = Seen()
    run = trainer(tmp_path, Evaluation(), keep, seen, max_epochs=2)
    run.fit(Spectrum(), datamodule=Sines())
    assert seen.metrics[0] == {}  # the sanity check is skipped
    assert [set(m) for m in seen.metrics[1:]] == [{"val/qbe_map", "val/knn_accuracy"}] * 2
    assert seen.metrics[-1]["val/knn_accuracy"] == 1.0
    assert keep.best_model_score is not None
    assert keep.best_model_score.item() == pytest.approx(max(m["val/qbe_map"] for m in seen.metrics[1:]))
    assert (tmp_path / "best.ckpt").exists()


@pytest.mark.parametrize("labelled", [True, False])
def test_nothing_to_validate_with_is_told_once_and_training_goes_on(
    labelled: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = Sines(labelled)
    if labelled:
        data.parts[1] = []
    run = trainer(tmp_path, Evaluation(), max_epochs=2)
    run.fit(Spectrum(), datamodule=data)
    what = "there is no" if labelled else "no labelled"
    assert [m for m in caplog.messages if "no figures" in m] == [f"no figures while training: {what} validation clip"]
    assert run.global_step == 12


def test_online_evaluation_every_second_epoch_still_serves_a_monitor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs = []
    evaluation = Evaluation(online_every_n_epochs=2)
    judge = evaluation._judge_online
    monkeypatch.setattr(evaluation, "_judge_online", lambda sets: (epochs.append(len(sets[1])), judge(sets))[1])
    keep = ModelCheckpoint(tmp_path, monitor="val/qbe_map", mode="max")
    trainer(tmp_path, evaluation, keep, max_epochs=5).fit(Spectrum(), datamodule=Sines())
    assert epochs == [24, 24, 24]  # epochs 0, 2 and 4


def test_a_resumed_run_keeps_the_rhythm_of_the_online_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs: list[int] = []
    for ends, start in ((3, None), (6, tmp_path / "last.ckpt")):
        evaluation = Evaluation(online_every_n_epochs=2)
        judge = evaluation._judge_online
        run = trainer(tmp_path, evaluation, max_epochs=ends)
        monkeypatch.setattr(
            evaluation,
            "_judge_online",
            lambda sets, run=run, judge=judge: (epochs.append(run.current_epoch), judge(sets))[1],
        )
        run.fit(Spectrum(), datamodule=Sines(), ckpt_path=start, weights_only=True)
        run.save_checkpoint(tmp_path / "last.ckpt")
    assert epochs == [0, 2, 4]


def test_online_evaluation_changes_nothing_in_the_training(tmp_path: Path) -> None:
    runs = []
    for callbacks in ([], [Evaluation()]):
        pl.seed_everything(0, verbose=False)
        module = Spectrum()
        trainer(tmp_path, *callbacks, max_epochs=3).fit(module, datamodule=Sines())
        runs.append(module)
    assert runs[0].draws == runs[1].draws
    assert all(
        torch.equal(a, b) for a, b in zip(runs[0].state_dict().values(), runs[1].state_dict().values(), strict=True)
    )


def test_test_leaves_global_random_state_and_the_method_alone(tmp_path: Path) -> None:
    states = []
    for callbacks in ([], [Evaluation(baselines=[baseline()])]):
        pl.seed_everything(0, verbose=False)
        module = Spectrum()
        weights = {k: v.clone() for k, v in module.state_dict().items()}
        trainer(tmp_path, *callbacks).test(module, datamodule=Sines(), verbose=False)
        states.append(torch.get_rng_state())
        assert all(torch.equal(v, module.state_dict()[k]) for k, v in weights.items())
    assert torch.equal(*states)


def test_validate_alone_is_evaluated_whatever_the_rhythm(tmp_path: Path) -> None:
    seen, evaluation = Seen(), Evaluation(online_every_n_epochs=3)
    for _ in range(2):
        trainer(tmp_path, evaluation, seen).validate(Spectrum(), datamodule=Sines(), verbose=False)
    assert [set(m) for m in seen.metrics] == [{"val/qbe_map", "val/knn_accuracy"}] * 2


def test_one_validation_loader_serves_protocols_that_learn_nothing(tmp_path: Path) -> None:
    seen, data = Seen(), Sines()
    run = trainer(tmp_path, Evaluation(), seen)
    run.fit(Spectrum(), train_dataloaders=data.loaders(1)[0], val_dataloaders=data.loaders(2)[1])
    assert set(seen.metrics[-1]) == {"val/qbe_map"}


def test_a_representation_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"monitors 'h', but validation_step returned \['embedding', 'input'\]"):
        trainer(tmp_path, Evaluation(monitor="h")).fit(Spectrum(), datamodule=Sines())


def test_zero_turns_online_evaluation_off(tmp_path: Path) -> None:
    seen = Seen()
    trainer(tmp_path, Evaluation(online_every_n_epochs=0, monitor="h"), seen).fit(Spectrum(), datamodule=Sines())
    assert seen.metrics[-1] == {}
