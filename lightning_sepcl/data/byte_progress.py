"""How far a download or an unpacking is, in bytes: a bar on a terminal, else one line on stderr every ten seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from lightning_sepcl.progress import Lines


@contextmanager
def byte_progress(what: str, total: int | None, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Gives a function to be called with the number of bytes that were just finished.

    Args:
        what: told in front of the numbers.
        total: bytes of all; None where nobody knows.
        done: bytes that an earlier attempt left; they do not count as work of this one.
    """
    if sys.stderr.isatty():
        numbers = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        columns = (TextColumn("{task.description}"), BarColumn(), *numbers)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, completed=done)
            yield lambda count: bar.advance(task, count)
    else:
        end = f" of {readable_bytes(total)}" if total else ""
        yield Lines(what, total, done, amount=lambda count: readable_bytes(count) + end).advance


def readable_bytes(count: int) -> str:
    """A size for people, in powers of ten.

    >>> readable_bytes(645_832_161), readable_bytes(2_428_923_189), readable_bytes(700)
    ('646 MB', '2.4 GB', '700 B')
    """
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= factor:
            amount = count / factor
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    return f"{count} B"
