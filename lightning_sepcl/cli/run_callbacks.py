"""What every run does without being asked: judge, keep checkpoints and a look at the views, leave a record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytorch_lightning as pl
from jsonargparse import Namespace
from pytorch_lightning.callbacks import ModelCheckpoint

from lightning_sepcl.cli.carried_experiment import CarryExperiment
from lightning_sepcl.cli.checkpoints import Checkpoints
from lightning_sepcl.cli.logged_pictures import LoggedPictures
from lightning_sepcl.cli.run_folder import RunFolder
from lightning_sepcl.cli.run_record import RecordRun
from lightning_sepcl.evaluation.predictions import Predictions
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.methods.view_snapshot import ViewSnapshot

PARTS: dict[str, type] = {"evaluation": RunEvaluation, "checkpoint": Checkpoints}
"""Sections of an experiment beside `model`, `data` and `trainer`."""


def add_run_callbacks(
    trainer: pl.Trainer, config: Namespace, parts: Mapping[str, type], folder: RunFolder, text: Callable[[], str]
) -> None:
    """Add the callbacks of the sections `parts`; checkpoints go last, since they keep what the others did.

    Args:
        trainer: built already.
        config: the experiment, instantiated.
        parts: sections beside model, data and trainer.
        folder: of the run.
        text: gives the resolved experiment as YAML, for the checkpoints.
    """
    given: list[pl.Callback] = cast(Any, trainer).callbacks
    checkpoints = trainer.checkpoint_callbacks
    run = [*(c for c in given if c not in checkpoints), CarryExperiment(text)]
    if "evaluation" in parts:
        run += [config.evaluation, Predictions(), ViewSnapshot(), RecordRun(folder.path, sys.argv[1:])]
    if "evaluation" in parts and len(trainer.loggers) > 1:  # beside the CSV log
        run.append(LoggedPictures(text))
    if "checkpoint" in parts and checkpoints:
        checkpoints = [*(c for c in checkpoints if not _is_default(c)), *config.checkpoint.callbacks()]
    cast(Any, trainer).callbacks = [*run, *checkpoints]


def _is_default(callback: pl.Callback) -> bool:
    """Whether Lightning added it because the experiment named none."""
    return type(callback) is ModelCheckpoint and callback.monitor is None and callback.filename is None
