"""Run `sepcl` and be killed (SIGKILL) at a chosen moment: python killable_fit.py MOMENT ARGS...

MOMENT is `never`, or, counted within this process: `step:N` (after the Nth training step), `epoch:N` (at the end of the
Nth epoch, before its checkpoint), `checkpoint:N` (in the middle of writing the Nth checkpoint).
"""

import functools
import os
import signal
import sys

import pytorch_lightning as pl
from fsspec.implementations.local import LocalFileOpener

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
    left, write = count, LocalFileOpener.write

    def half(self, data, *args, **kwargs):
        nonlocal left
        if ".ckpt" in self.path:
            left -= 1
            if left == 0:
                write(self, data[: len(data) // 2])
                self.f.flush()
                die()
        return write(self, data, *args, **kwargs)

    LocalFileOpener.write = half


if __name__ == "__main__":
    at, _, count = sys.argv[1].partition(":")
    if at == "checkpoint":
        die_while_writing(int(count))
    elif at != "never":
        create = pl.Trainer.__init__

        @functools.wraps(create)
        def with_killer(self, *args, **kwargs):
            kwargs["callbacks"] = [Killer(at, int(count)), *(kwargs.get("callbacks") or [])]
            create(self, *args, **kwargs)

        pl.Trainer.__init__ = with_killer
    sys.exit(main(sys.argv[2:]))
