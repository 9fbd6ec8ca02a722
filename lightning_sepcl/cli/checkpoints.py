"""Which checkpoints a run keeps: the last two, to continue from, and the best one; and how they are written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import ModelCheckpoint

from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_file

PREVIOUS = "previous.ckpt"


class Checkpoints:
    """`last.ckpt` every so many steps and at the end, `best.ckpt` whenever the validation figure was never better.

    The one that was last before stays as `previous.ckpt`, in case a disk or a power cut damages the newer one.

    Args:
        every_n_steps: steps from one `last.ckpt` to the next; what a kill can cost at most.
        monitor: logged figure that decides what is best; null, or while nothing of this name is logged (unlabelled
            data, no validation): none is kept as the best.
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


class SoundCheckpoint(ModelCheckpoint):
    """Keeps no weights that are not numbers, and what it knew when a run's folder was moved."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Lightning would forget which figure was the best, and replace that checkpoint by a worse one."""
        best = Path(self.dirpath or ".", Path(state_dict["best_model_path"]).name)
        if state_dict.get("dirpath") != self.dirpath and best.is_file():
            moved = {str(best): score for score in state_dict["best_k_models"].values()}
            here = {"dirpath": self.dirpath, "best_k_models": moved, "last_model_path": ""}
            state_dict = {**state_dict, **here, "best_model_path": str(best), "kth_best_model_path": str(best)}
        super().load_state_dict(state_dict)

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        bad = [name for name, p in trainer.lightning_module.named_parameters() if not torch.isfinite(p).all()]
        if bad:
            raise UserError(
                f"the weights {bad[0]} became NaN or infinite by step {trainer.global_step}, and are not kept: "
                "lower the learning rate"
            )
        if trainer.is_global_zero:
            self._make_way(Path(filepath).resolve())
        super()._save_checkpoint(trainer, filepath)

    def _make_way(self, file: Path) -> None:
        """Called before a file is written, by the process that writes it."""


class LastCheckpoint(SoundCheckpoint):
    """One file every so many steps and at the end, and beside it the one before, if this run wrote or continued it.

    Where a validation or the end of an epoch follows a step, the file is written behind these. Lightning (2.6) resumes
    a checkpoint from in between without the validation, and may count an epoch twice.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known_as_good, self._is_due = "", False

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """What training continues from was read without an error."""
        self._known_as_good = str(Path(trainer.ckpt_path).resolve()) if trainer.ckpt_path else ""

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
        """Save, or remember to do so soon."""
        self._is_due |= trainer.global_step % self._every_n_train_steps == 0
        if not _validates_now(trainer) and not _ends_epoch(trainer):
            self._save_if_due(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save what was due in the midst of an epoch."""
        if not trainer.sanity_checking and not _ends_epoch(trainer):
            self._save_if_due(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save what was due at the end of an epoch; Lightning counts one step more for the logs when it resumes."""
        progress = trainer.fit_loop.epoch_loop
        progress._batches_that_stepped -= 1
        self._save_if_due(trainer)
        progress._batches_that_stepped += 1

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the end of training, whatever step it fell on."""
        self._is_due = True
        self._save_if_due(trainer)

    def _save_if_due(self, trainer: pl.Trainer) -> None:
        if self._is_due and not self._should_skip_saving_checkpoint(trainer):
            self._save_none_monitor_checkpoint(trainer, self._monitor_candidates(trainer))
        self._is_due = False

    def _make_way(self, file: Path) -> None:
        if file.is_file() and str(file) == self._known_as_good:
            file.replace(file.with_name(PREVIOUS))
        self._known_as_good = str(file)


class BestCheckpoint(SoundCheckpoint):
    """Waits until the figure it monitors exists, instead of ending the run because it does not."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, if this validation gave the figure; NaN is none, and would stay the best for ever."""
        figure = trainer.callback_metrics.get(str(self.monitor))
        if figure is not None and not torch.isnan(torch.as_tensor(figure)):
            super().on_validation_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Validation alone decides."""


class WholeCheckpoints(TorchCheckpointIO):
    """Writes each file beside its place and moves it there: a kill at any moment leaves the one before.

    Lightning's own writes into the system's folder for temporary files. Where that is on another disk than the run,
    moving means copying, and a kill in between leaves half a checkpoint.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Called by the trainer. Addresses such as `s3://...` are left to Lightning."""
        if "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        content = io.BytesIO()  # torch hides what went wrong with a file, such as a full disk
        torch.save(checkpoint, content)
        with whole_file(Path(path)) as file:
            file.write(content.getbuffer())


def write_whole(trainer: pl.Trainer) -> None:
    """Let a trainer write its checkpoints by `WholeCheckpoints`, unless the experiment names another way."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpoints()


def _ends_epoch(trainer: pl.Trainer) -> bool:
    """Whether the batch that was just trained on is the last of its epoch."""
    return bool(trainer.fit_loop.epoch_loop._num_ready_batches_reached())


def _validates_now(trainer: pl.Trainer) -> bool:
    """Whether a validation follows the batch that was just trained on."""
    loop = trainer.fit_loop
    return bool(loop._data_fetcher and loop.epoch_loop._should_check_val_fx(loop._data_fetcher))
