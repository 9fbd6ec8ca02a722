"""Which checkpoints a run keeps: the last one, to continue from, and the best one, to judge."""

from __future__ import annotations

from typing import Literal

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


class Checkpoints:
    """`last.ckpt` every so many steps and at the end, `best.ckpt` whenever the validation figure was never better.

    Args:
        every_n_steps: steps from one `last.ckpt` to the next; what a kill can cost at most.
        monitor: logged figure that decides what is best; null, or while nothing of this name is logged (unlabelled
            data, no validation): only `last.ckpt` is kept.
        mode: whether the largest or the smallest value is best.
    """

    def __init__(
        self, every_n_steps: int = 100, monitor: str | None = "val/qbe_map", mode: Literal["max", "min"] = "max"
    ) -> None:
        if every_n_steps < 1:
            raise ValueError(f"Checkpoints: every_n_steps must be at least 1, found {every_n_steps}")
        self.every_n_steps, self.monitor, self.mode = every_n_steps, monitor, mode

    def callbacks(self) -> list[pl.Callback]:
        """The two Lightning callbacks that do it; the run's folder is theirs to be told."""
        last = LastCheckpoint(filename="last", every_n_train_steps=self.every_n_steps, enable_version_counter=False)
        if self.monitor is None:
            return [last]
        best = BestCheckpoint(
            filename="best",
            monitor=self.monitor,
            mode=self.mode,
            enable_version_counter=False,
            save_on_train_epoch_end=False,
        )
        return [best, last]


class LastCheckpoint(ModelCheckpoint):
    """Overwrites one file, also when training ends between two regular saves."""

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the end of training, whatever step it fell on."""
        if self._last_global_step_saved != trainer.global_step:
            self._save_none_monitor_checkpoint(trainer, self._monitor_candidates(trainer))


class BestCheckpoint(ModelCheckpoint):
    """Waits until the figure it monitors exists, instead of ending the run because it does not."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, if this validation gave the figure."""
        if self.monitor in trainer.callback_metrics:
            super().on_validation_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Validation alone decides."""
