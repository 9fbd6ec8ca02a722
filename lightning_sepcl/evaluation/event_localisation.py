"""Evaluation of what sounds and where: accuracy of the class and error of the azimuth, beside SRP-PHAT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from lightning_sepcl.evaluation.azimuth_error import CHANCE_DEG, azimuth_error, azimuth_of
from lightning_sepcl.evaluation.collector import recording
from lightning_sepcl.evaluation.prediction_evaluation import PredictionEvaluation, Split
from lightning_sepcl.evaluation.protocol import classification_figure
from lightning_sepcl.evaluation.results_table import print_results
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from lightning_sepcl.records import Batch, Result

WHAT, CLASSICAL = "embedding", "SRP-PHAT"


class EventLocalisationEvaluation(PredictionEvaluation):
    """Judges predictions: `classes` (n, class) scores and `azimuth` (n, 2) directions, from `test_step`.

    The figures are `event_accuracy` (or `event_map` where clips have several classes) and `azimuth_error`, the mean of
    the absolute error in degrees around the circle.

    Args:
        yardstick: locates the test clips without training, for comparison; null: nobody does.
        multi_label: whether a clip may have any number of classes.
        seed: of the run, for the record.
        sample_rate: of the clips, in Hz, for the yardstick; null: it was told its own.
    """

    nothing_known = "the test clips have neither classes nor directions"

    def __init__(
        self,
        yardstick: SRPPHAT | None = None,
        multi_label: bool = False,
        seed: int = 0,
        sample_rate: int | None = None,
    ) -> None:
        super().__init__()
        if yardstick is not None and sample_rate is not None:
            yardstick.prepare(sample_rate)
        self.yardstick, self.multi_label, self.seed = yardstick, multi_label, seed

    def begin(self, pl_module: pl.LightningModule) -> None:
        """Forget all predictions; the yardstick comes to where the waves are."""
        super().begin(pl_module)
        if self.yardstick is not None:
            self.yardstick.to(pl_module.device)

    def keep(self, outputs: Any, batch: Batch, split: Split, testing: bool) -> None:
        """The predictions, with `test` the yardstick's too, and what is known."""
        if testing and split == "val":
            return
        if not isinstance(outputs, dict) or not {"classes", "azimuth"} <= outputs.keys():
            raise ValueError(
                "EventLocalisationEvaluation judges methods that predict classes and azimuths, as EventLocalisation "
                "does: use `Evaluation` for embeddings"
            )
        unknown = torch.full((len(batch), 3), torch.nan)
        known = {"target": batch.target, "labelled": batch.labelled}
        known["direction"] = unknown if batch.direction is None else batch.direction
        guess = {}
        if testing and self.yardstick is not None:
            guess[CLASSICAL] = self.yardstick(recording(batch), batch.length)
        values = {**outputs, **known, **guess}
        self.note(split, WHAT, batch, {name: value.detach().cpu() for name, value in values.items()})

    def results(self, testing: bool) -> list[Result]:
        """Accuracy of the classes, error of the azimuths."""
        kept = self.kept.get(("test" if testing else "val", WHAT), [])
        if not kept:
            return []
        all_ = {name: torch.cat([batch.values[name] for batch in kept]) for name in kept[0].values}
        return [*self._class_results(all_), *self._azimuth_results(all_)]

    def show(self, results: Sequence[Result], folder: Path) -> None:
        """A table."""
        print_results(results)

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
