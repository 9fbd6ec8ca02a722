"""Evaluation of what sounds and where: accuracy of the class and error of the azimuth, beside SRP-PHAT."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from lightning_sepcl.evaluation.azimuth_error import CHANCE_DEG, azimuth_error, azimuth_of
from lightning_sepcl.evaluation.collector import recording
from lightning_sepcl.evaluation.protocol import classification_figure
from lightning_sepcl.evaluation.results_file import write_results
from lightning_sepcl.evaluation.results_table import print_results
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from lightning_sepcl.records import Batch, Result

log = logging.getLogger(__name__)

WHAT, CLASSICAL = "embedding", "SRP-PHAT"


class EventLocalisationEvaluation(RunEvaluation):
    """Judges predictions: `classes` (n, class) scores and `azimuth` (n, 2) directions, from `test_step`.

    With `test` the last test loader is judged: `event_accuracy` (or `event_map` where clips have several classes) and
    `azimuth_error`, the mean of the absolute error in degrees around the circle. The figures are printed and written to
    `results.json`. After each validation during `fit` the last loader's are logged as `val/event_accuracy`, ....

    Args:
        yardstick: locates the test clips without training, for comparison; null: nobody does.
        multi_label: whether a clip may have any number of classes.
        seed: of the run, for the record.
    """

    def __init__(self, yardstick: SRPPHAT | None = None, multi_label: bool = False, seed: int = 0) -> None:
        self.yardstick, self.multi_label, self.seed = yardstick, multi_label, seed
        self._found: list[dict[str, Tensor]] = []

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._found = []

    def on_test_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._found = []
        if self.yardstick is not None:
            self.yardstick.to(pl_module.device)

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the predictions of the last loader."""
        if dataloader_idx == _last(trainer.val_dataloaders):
            self._keep(outputs, batch, {})

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the predictions of the last loader, and the yardstick's."""
        if dataloader_idx != _last(trainer.test_dataloaders):
            return
        guess = {} if self.yardstick is None else {CLASSICAL: self.yardstick(recording(batch), batch.length)}
        self._keep(outputs, batch, guess)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log what is known."""
        for result in self._results():
            pl_module.log(f"val/{result.metric}", result.value, add_dataloader_idx=False, sync_dist=True)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the figures, write the file."""
        results = self._results()
        if not results:
            log.warning("no results: the test clips have neither classes nor directions")
        if trainer.is_global_zero:
            write_results(Path(trainer.default_root_dir) / "results.json", results)
            print_results(results)

    def _keep(self, outputs: Any, batch: Batch, guess: dict[str, Tensor]) -> None:
        if not isinstance(outputs, dict) or not {"classes", "azimuth"} <= outputs.keys():
            raise ValueError(
                "EventLocalisationEvaluation judges methods that predict classes and azimuths, as EventLocalisation "
                "does: use `Evaluation` for embeddings"
            )
        unknown = torch.full((len(batch), 3), torch.nan)
        known = {"target": batch.target, "labelled": batch.labelled}
        known["direction"] = unknown if batch.direction is None else batch.direction
        kept = {**outputs, **known, **guess}
        self._found.append({name: value.detach().cpu() for name, value in kept.items()})

    def _results(self) -> list[Result]:
        if not self._found:
            return []
        all_ = {name: torch.cat([found[name] for found in self._found]) for name in self._found[0]}
        return [*self._class_results(all_), *self._azimuth_results(all_)]

    def _class_results(self, found: dict[str, Tensor]) -> list[Result]:
        labelled = found["labelled"]
        if not bool(labelled.any()):
            return []
        phrase = "linear layer, mean over windows"
        one = classification_figure(
            "event", found["classes"][labelled], found["target"][labelled], self.multi_label, phrase
        )
        return [Result(WHAT, one.metric, one.value, one.chance, one.n, one.protocol, self.seed)]

    def _azimuth_results(self, found: dict[str, Tensor]) -> list[Result]:
        true = found["direction"][:, 0]
        known = true.isfinite()
        if not bool(known.any()):
            return []
        phrases = {
            "azimuth": (WHAT, "linear layer, mean over windows"),
            CLASSICAL: (CLASSICAL, "whole clips, far field"),
        }
        results = []
        for name, (what, phrase) in phrases.items():
            if name in found:
                error = azimuth_error(azimuth_of(found[name].float())[known], true[known])
                mean, n = float(error.mean()), int(known.sum())
                phrase = f"mean absolute circular error in degrees, {phrase}"
                results.append(Result(what, "azimuth_error", mean, CHANCE_DEG, n, phrase, self.seed))
        return results


def _last(loaders: Any) -> int:
    return len(loaders) - 1 if isinstance(loaders, Sequence) else 0
