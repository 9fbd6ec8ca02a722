"""Progress of the whole run in one line: steps done of all, time left, the loss."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PLAIN_SECONDS = 15.0
"""Where the output is no terminal, a line is printed so often."""


class RunProgress(ProgressBar):
    """A bar over all steps of `fit`, or all batches of `test` and `predict`; plain lines in a log file."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = True
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._what, self._total, self._done, self._first = "", 0, 0, 0
        self._begin, self._told = 0.0, 0.0

    def disable(self) -> None:
        """Lightning calls this on all processes but the first."""
        self._shown = False

    def enable(self) -> None:
        """Lightning calls this on the first process."""
        self._shown = True

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar where a resumed run stands."""
        self._open("training", int(trainer.estimated_stepping_batches), trainer.global_step)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Move on, with the latest loss."""
        loss = trainer.callback_metrics.get("train/loss")
        self._move(trainer.global_step, "" if loss is None else f"loss {loss.item():.3f}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar."""
        self._close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Leave the terminal in order."""
        self._close()

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A bar over the batches of all loaders."""
        self._open("embedding", _sum(trainer.num_test_batches), 0)

    def on_test_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        """Move on."""
        self._move(self._done + 1, "")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar before the figures are printed."""
        self._close()

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """As for `test`."""
        self._open("embedding", _sum(trainer.num_predict_batches), 0)

    def on_predict_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        """Move on."""
        self._move(self._done + 1, "")

    def on_predict_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar before the file is named."""
        self._close()

    def _open(self, what: str, total: int, done: int) -> None:
        self._begin, self._first, self._done, self._total, self._what = time.monotonic(), done, done, total, what
        self._told = self._begin
        if self._shown and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            left = (TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[note]}"))
            self._bar = Progress(*columns, *left, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task(what, total=total, completed=done, note="")

    def _move(self, done: int, note: str) -> None:
        self._done = done
        if self._bar is not None:
            self._bar.update(self._task, completed=done, note=note)
        elif self._shown and time.monotonic() - self._told > PLAIN_SECONDS:
            self._told = time.monotonic()
            rate = (self._told - self._begin) / max(1, done - self._first)
            left = _clock(rate * max(0, self._total - done))
            print(f"{self._what}: {done} of {self._total}, {left} left {note}".rstrip(), file=sys.stderr, flush=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


def _sum(counts: Any) -> int:
    return sum(int(c) for c in counts) if isinstance(counts, list) else int(counts)


def _clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> _clock(75.2)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
