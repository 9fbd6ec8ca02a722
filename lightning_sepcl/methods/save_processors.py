"""Keeps states of a separator in training: a processor that separates hardly, somewhat and well is three processors."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from lightning_sepcl.methods.separation import Separation
from lightning_sepcl.separation.saved import save_separator

FOLDER = "processors"


class SaveProcessors(pl.Callback):
    """Writes `processors/step<n>.safetensors` into the run's folder after n steps, and `last.safetensors` at the end.

    Step 0 is the separator as it was initialised.

    Args:
        steps: after how many optimiser steps.

    Source: separated scenes, section 5.3: N, F and S1 are one training run after 0, 500 and 5000 steps, S2 its end.
    """

    def __init__(self, steps: list[int] = [0, 500, 5000]) -> None:  # noqa: B006 - never changed
        if any(step < 0 for step in steps):
            raise ValueError(f"SaveProcessors: steps must not be negative, found {steps}")
        self.steps = frozenset(steps)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Step 0, unless the run goes on from a later one."""
        if trainer.global_step == 0 and 0 in self.steps:
            _write(trainer, pl_module, "step0")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """The steps asked for."""
        if trainer.global_step in self.steps:
            _write(trainer, pl_module, f"step{trainer.global_step}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The end of training."""
        _write(trainer, pl_module, "last")


def _write(trainer: pl.Trainer, pl_module: pl.LightningModule, name: str) -> None:
    if not isinstance(pl_module, Separation):
        raise ValueError(f"SaveProcessors keeps states of a separator, {type(pl_module).__name__} trains none")
    if trainer.is_global_zero:
        save_separator(Path(trainer.default_root_dir) / FOLDER / f"{name}.safetensors", pl_module.separator)
