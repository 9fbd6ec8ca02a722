"""`sepcl predict`: the embeddings of all clips of a data set in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from lightning_sepcl.evaluation.collector import Collector, collected
from lightning_sepcl.evaluation.results_file import write_embeddings
from lightning_sepcl.records import Batch

FILE = "predictions.npz"


class Predictions(pl.Callback):
    """Writes what `predict_step` returned to `predictions.npz` in the trainer's `default_root_dir`.

    The arrays are those of `write_embeddings`: `keys`, `target`, `labelled`, `class_names` and one `h:<name>` each.
    """

    def __init__(self) -> None:
        self._clips = Collector()

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._clips = Collector()

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the embeddings of a batch."""
        self._clips.add(batch, outputs)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the file, whole or not at all."""
        (sets,) = collected([self._clips])
        if trainer.is_global_zero and sets:
            path = Path(trainer.default_root_dir) / FILE
            names = getattr(getattr(trainer, "datamodule", None), "class_names", ())
            write_embeddings(path, sets, names)
            print(path)
