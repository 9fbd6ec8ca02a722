"""Keeps states of a separator in training: a processor that separates hardly, somewhat and well is three processors."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from lightning_sepcl.conditioning.saved_separator import save_any
from lightning_sepcl.methods.separation import Separation

FOLDER, LAST = "processors", "last"


class SaveProcessors(pl.Callback):
    """Writes `processors/<name>.safetensors` into the run's folder after so many steps, `last.safetensors` at the end.

    Step 0 is the separator as it was initialised.

    Args:
        states: name -> after how many optimiser steps.

    Source: separated scenes, section 5.3: N, F and S1 are one training run after 0, 500 and 5000 steps, S2 its end.
    """

    def __init__(self, states: dict[str, int] = {"n": 0, "f": 500, "s1": 5000}) -> None:  # noqa: B006 - never changed
        wrong = [name for name, step in states.items() if step < 0 or name == LAST or not name.isidentifier()]
        if wrong:
            raise ValueError(
                f"SaveProcessors: {wrong[0]!r} should be a plain name other than {LAST!r}, with a step from 0 on"
            )
        self.states = dict(states)
        self._seen: int | None = None  # the step that was looked at last

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Step 0, unless the run goes on from a later one."""
        self._seen = None
        self._write_due(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """The steps asked for."""
        self._write_due(trainer, pl_module)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The end of training, also of a run that was killed between its last checkpoint and here, and resumed."""
        _write(trainer, pl_module, LAST)

    def _write_due(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.global_step == self._seen:
            return  # gradients are accumulated: the step stands still over several batches
        self._seen = trainer.global_step
        for name, step in self.states.items():
            if step == trainer.global_step:
                _write(trainer, pl_module, name)


def _write(trainer: pl.Trainer, pl_module: pl.LightningModule, name: str) -> None:
    if not isinstance(pl_module, Separation):
        raise ValueError(f"SaveProcessors keeps states of a separator, {type(pl_module).__name__} trains none")
    if trainer.is_global_zero:
        save_any(Path(trainer.default_root_dir) / FOLDER / f"{name}.safetensors", pl_module.separator)
