"""Evaluation of a separator as part of a run: scores against the isolated sources, where the clips have them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.evaluation.results_file import write_results
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.evaluation.separation_scores import SourceScores, source_scores
from lightning_sepcl.evaluation.separation_summary import separation_results
from lightning_sepcl.records import Batch, Result

log = logging.getLogger(__name__)

WHAT = "separator"


class SeparationEvaluation(RunEvaluation):
    """Scores what a separator's `validation_step` and `test_step` return: `estimates` (clip, source, sample).

    Clips come with their sources (`data.sources=true`) behind the recording; what was separated is the recording. The
    last validation loader is judged after each validation and logged as `val/si_sdri`, ...; with `test` the last test
    loader is judged, its figures printed and `results.json` written. Of several processes each scores what its own
    loaders give, which in this suite is everything.

    Args:
        seed: of the run, for the record.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._scores: list[SourceScores] = []

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._scores = []

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
        """Score a batch of the last loader."""
        if dataloader_idx == _last(trainer.test_dataloaders if trainer.testing else trainer.val_dataloaders):
            self._score(outputs, batch)

    on_test_batch_end = on_validation_batch_end

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log every figure that is one."""
        for result in self._results():
            pl_module.log(f"val/{result.metric}", result.value, add_dataloader_idx=False, sync_dist=True)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the figures, write the file."""
        results = self._results()
        if not results:
            log.warning("no results: the test clips come without their sources; set data.sources=true where they exist")
        if trainer.is_global_zero:
            write_results(Path(trainer.default_root_dir) / "results.json", results)
            for result in results:
                print(f"{result.metric:<20} {result.value:9.3f}  over {result.n}: {result.protocol}")

    def _score(self, outputs: Any, batch: Batch) -> None:
        estimates: Tensor | None = outputs.get("estimates") if isinstance(outputs, dict) else None
        if estimates is None:
            raise ValueError("SeparationEvaluation judges methods that separate: use `Evaluation` for the others")
        if batch.wave.shape[1] > 1:
            self._scores.append(source_scores(estimates, to_float(batch.wave[:, 1:, 0]), to_float(batch.wave[:, 0, 0])))

    def _results(self) -> list[Result]:
        return separation_results(self._scores, WHAT, self.seed)


def _last(loaders: Any) -> int:
    return len(loaders) - 1 if isinstance(loaders, list | tuple) else 0
