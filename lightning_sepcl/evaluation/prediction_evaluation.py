"""Evaluation of what a method predicts of each clip, against what is known of it: no training clips, no probes."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytorch_lightning as pl
from torch import Tensor

from lightning_sepcl.evaluation.gather import Kept, gathered
from lightning_sepcl.evaluation.loaders import all_loaders
from lightning_sepcl.evaluation.results_file import write_results
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.records import Batch, Result

log = logging.getLogger(__name__)

Split = Literal["val", "test"]


class PredictionEvaluation(RunEvaluation, ABC):
    """Base class: say what is kept of a batch in `keep`, what follows from all of it in `results`.

    Of the validation loaders the last is judged after each validation during `fit` and logged as `val/<metric>`. With
    `test` the last loader is `test`, the one before it `val`; the figures are printed and written to `results.json`.
    Of several processes each predicts its share of the clips; what is kept is gathered in the order of one process, a
    clip that came twice counts once.

    Attributes:
        nothing_known: the warning where the test clips have nothing to compare with.
        kept: what was kept so far, under (split, whose predictions).
    """

    nothing_known: ClassVar[str]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], list[Kept]] = {}

    def begin(self, pl_module: pl.LightningModule) -> None:
        """Forget what was kept."""
        self.kept = {}

    @abstractmethod
    def keep(self, outputs: Any, batch: Batch, split: Split, testing: bool) -> None:
        """Take note, by `note`, of what the method's step returned for a batch."""

    def note(self, split: Split, what: str, batch: Batch, values: Mapping[str, Tensor]) -> None:
        """Keep `values`, which have a row for each clip of the batch."""
        self.kept.setdefault((split, what), []).append(Kept(batch.keys, values))

    @abstractmethod
    def results(self, testing: bool) -> list[Result]:
        """What follows from all that was kept; empty where nothing is known of the clips."""

    @abstractmethod
    def show(self, results: Sequence[Result], folder: Path) -> None:
        """Print the figures of a test, and write what goes beside `results.json`."""

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self.begin(pl_module)

    on_test_epoch_start = on_validation_epoch_start

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the loaders that are judged."""
        loaders = all_loaders(trainer.test_dataloaders if trainer.testing else trainer.val_dataloaders)
        splits: dict[int, Split] = {-1: "test", -2: "val"} if trainer.testing else {-1: "val"}
        split = splits.get(dataloader_idx - len(loaders))
        if split is not None:
            self.keep(outputs, batch, split, trainer.testing)

    on_test_batch_end = on_validation_batch_end

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log every figure that is one."""
        self.kept = gathered(self.kept)
        for result in self.results(testing=False):
            pl_module.log(f"val/{result.metric}", result.value, add_dataloader_idx=False, sync_dist=True)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the figures, write the files; the first process alone."""
        self.kept = gathered(self.kept)
        if not trainer.is_global_zero:
            return
        results = self.results(testing=True)
        if not results:
            log.warning("no results: %s", self.nothing_known)
        folder = Path(trainer.default_root_dir)
        write_results(folder / "results.json", results)
        self.show(results, folder)
