"""Run `sepcl` and be killed (SIGKILL) at a chosen moment: python killable_fit.py MOMENT ARGS...

MOMENT is `never`, or, counted within this process: `step:N` (after the Nth training step), `epoch:N` (at the end of the
Nth epoch, before its checkpoint), `checkpoint:N` (in the middle of writing the Nth checkpoint), `saved:N` (when
the Nth is in its place).
"""

import functools
import os
import signal
import sys
from contextlib import contextmanager

import pytorch_lightning as pl

from lightning_sepcl.cli import checkpoints
from lightning_sepcl.cli.main import main


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killer(pl.Callback):
    """Counts and kills."""

    def __init__(self, at: str, count: int) -> None:
        self.at, self.left = at, count

    def count_down(self, at: str) -> None:
        if at == self.at:
            self.left -= 1
            if self.left == 0:
                die()

    def on_train_batch_end(self, *args: object) -> None:
        self.count_down("step")

    def on_train_epoch_end(self, *args: object) -> None:
        self.count_down("epoch")


def die_while_writing(count: int) -> None:
    """Let the Nth checkpoint stop half-way, with the first half on disk."""
    left, genuine = count, checkpoints.whole_file

    @contextmanager
    def half(path):
        nonlocal left
        left -= 1
        with genuine(path) as file:
            yield Half(file) if left == 0 else file

    checkpoints.whole_file = half


def die_when_saved(count: int) -> None:
    """End right behind the Nth checkpoint."""
    left, genuine = count, checkpoints.whole_file

    @contextmanager
    def whole(path):
        nonlocal left
        with genuine(path) as file:
            yield file
        left -= 1
        if left == 0:
            die()

    checkpoints.whole_file = whole


class Half:
    """A file that is written to once."""

    def __init__(self, file) -> None:
        self.file = file

    def write(self, data) -> None:
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        die()


if __name__ == "__main__":
    at, _, count = sys.argv[1].partition(":")
    if at == "checkpoint":
        die_while_writing(int(count))
    elif at == "saved":
        die_when_saved(int(count))
    elif at != "never":
        create = pl.Trainer.__init__

        @functools.wraps(create)
        def with_killer(self, *args, **kwargs):
            kwargs["callbacks"] = [Killer(at, int(count)), *(kwargs.get("callbacks") or [])]
            create(self, *args, **kwargs)

        pl.Trainer.__init__ = with_killer
    sys.exit(main(sys.argv[2:]))
