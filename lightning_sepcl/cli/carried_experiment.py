"""A checkpoint that needs nothing beside it: the experiment, and what the data told the method, travel inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl

from lightning_sepcl.deploy.checkpoint import EXPERIMENT, TOLD_BY_DATA
from lightning_sepcl.methods.learner import Learner

__all__ = ["EXPERIMENT", "TOLD_BY_DATA", "CarryExperiment"]


class CarryExperiment(pl.Callback):
    """Puts the experiment into every checkpoint, as plain values that a weights-only loader accepts.

    Args:
        text: gives the resolved experiment as YAML.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self.text = text

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Called for every checkpoint before it is written."""
        checkpoint[EXPERIMENT] = self.text()
        if isinstance(pl_module, Learner):
            checkpoint[TOLD_BY_DATA] = {
                "sample_rate": pl_module.sample_rate,
                "class_names": list(pl_module.class_names),
                "multi_label": pl_module.multi_label,
            }
