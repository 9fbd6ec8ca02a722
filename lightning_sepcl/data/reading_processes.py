"""Reading clips in several processes: how many, results in order, and a word about one that was killed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from lightning_sepcl.errors import UserError
from lightning_sepcl.orphans import leave_with_parent

Item = TypeVar("Item")
Done = TypeVar("Done")

AHEAD = 4
"""Items under way or waiting to be taken, per process."""


def reading_processes(wanted: int | None) -> int:
    """How many: those wanted, else `$SEPCL_WORKERS`, else one per core this process may use.

    Raises:
        UserError: `$SEPCL_WORKERS` is no number from 1 on.
    """
    asked = os.environ.get("SEPCL_WORKERS", "")
    if asked and not (asked.isdecimal() and int(asked) > 0):
        raise UserError(f"SEPCL_WORKERS={asked} should be a number of processes from 1 on")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wanted or int(asked or cores)


def in_processes(read: Callable[[Item], Done], items: Iterable[Item], processes: int, name: str) -> Iterator[Done]:
    """`read` of every item, in the order of the items, with no more than a few results held in memory.

    Processes start as the platform starts them; all that is sent must be such that it can be pickled.

    Args:
        read: what a process does.
        items: what it is given.
        processes: how many.
        name: of the corpus, for the message.

    Raises:
        UserError: a process was killed.
    """
    waiting: deque[Future[Done]] = deque()
    with ProcessPoolExecutor(processes, initializer=leave_with_parent) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(read, item))
                if len(waiting) >= AHEAD * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise UserError(
                f"{name}: a process that reads clips was killed, by lack of memory or by a file that crashes the "
                "decoder; run again with one process (SEPCL_WORKERS=1) to see which"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
