"""How far a long job is: a bar on a terminal, else one line on stderr every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function to be called with the number of items that were just finished."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda count: bar.advance(task, count)
    else:
        yield Lines(what, total, amount=lambda done: f"{done}/{total}").advance


class Lines:
    """One line on stderr every ten seconds, with the time that is left.

    Args:
        what: told in front of the numbers.
        total: of all; None where nobody knows.
        done: what an earlier attempt left; it does not count as work of this one.
        amount: how far the job is, in words, of how much is done.
    """

    def __init__(self, what: str, total: int | None, done: int = 0, *, amount: Callable[[int], str]) -> None:
        self.what, self.total, self.start, self.done, self.amount = what, total, done, done, amount
        self.began = self.told = time.monotonic()

    def advance(self, count: int) -> None:
        """So much was just finished."""
        self.done += count
        now = time.monotonic()
        if now - self.told < SECONDS_BETWEEN_LINES:
            return
        self.told = now
        text, worked = f"{self.what}: {self.amount(self.done)}", self.done - self.start
        if self.total and worked > 0:
            left = (now - self.began) / worked * max(0, self.total - self.done)
            text += f", about {left:.0f} s left"
        print(text, file=sys.stderr, flush=True)


class WholeSeconds:
    """Hands fractions of seconds on once they make whole ones.

    Args:
        tell: is given whole seconds; what they make together stays within a second of what was heard.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell, self.heard, self.told = tell, 0.0, 0

    def __call__(self, seconds: float) -> None:
        """So many seconds of audio were just finished."""
        self.heard += seconds
        if int(self.heard) > self.told:
            self.tell(int(self.heard) - self.told)
            self.told = int(self.heard)
