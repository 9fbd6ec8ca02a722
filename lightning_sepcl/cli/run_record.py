"""Provenance of every run: `data.json` and `record.json` in its folder, without being asked."""

from __future__ import annotations

import json
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn

from lightning_sepcl.ledger.environment import capture_environment
from lightning_sepcl.ledger.run_record import RECORD_FILE, merge_record, read_record
from lightning_sepcl.whole_file import whole_text


class RecordRun(pl.Callback):
    """Writes what was computed, from what, on what, and how long it took.

    Args:
        folder: of the run.
        command: the words behind `sepcl`.
    """

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder, self.command = folder, "sepcl " + shlex.join(command)
        self._begin = self._before = 0.0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Describe data, code and machine before the first step."""
        self._begin = time.monotonic()
        self._before = _seconds_before(self.folder) if trainer.ckpt_path else 0.0
        if trainer.is_global_zero:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_data(self.folder, trainer)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            merge_record(self.folder, **capture_environment(), command=self.command, started=now, status="started")

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add steps and time; the time of earlier parts of a resumed run counts."""
        if trainer.is_global_zero:
            merge_record(self.folder, steps=trainer.global_step, seconds_fit=self._seconds(), status="fitted")

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Note the time up to what a run that is stopped goes on from."""
        if trainer.is_global_zero and trainer.state.fn == TrainerFn.FITTING:
            merge_record(self.folder, seconds_fit=self._seconds())

    def _seconds(self) -> float:
        return round(self._before + time.monotonic() - self._begin, 1)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._begin = time.monotonic()

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The evaluation has written its results by now."""
        if trainer.is_global_zero:
            _write_data(self.folder, trainer)
            environment: dict[str, Any] = {} if (self.folder / RECORD_FILE).exists() else capture_environment()
            seconds = round(time.monotonic() - self._begin, 1)
            merge_record(self.folder, **environment, seconds_test=seconds, status="complete")


def _write_data(folder: Path, trainer: pl.Trainer) -> None:
    describe = getattr(trainer.datamodule, "describe", None)  # type: ignore[attr-defined]
    if describe is not None:
        whole_text(folder / "data.json", f"{json.dumps(describe(), indent=1)}\n")


def _seconds_before(folder: Path) -> float:
    path = folder / RECORD_FILE
    return (read_record(path).seconds_fit or 0.0) if path.exists() else 0.0
