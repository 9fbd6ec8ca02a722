"""Processes that run `sepcl` in memory that is warm already, and that are killed from outside."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from lightning_sepcl.errors import FAILED

Act = tuple[Callable[..., int], Sequence[Any]]
"""A function that gives an exit status, and its arguments; the function is imported by its name in the child."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: exit status, minus the signal that ended it; None if it had to be ended because it took too long.
        said: all that it wrote.
        seconds: how long it took.
    """

    code: int | None
    said: str
    seconds: float

    @property
    def refused(self) -> bool:
        """Whether it ended with a sentence for the user."""
        return self.code == FAILED and "error: " in self.said and not self.stumbled

    @property
    def stumbled(self) -> bool:
        """Whether it showed a traceback."""
        return "Traceback (most recent call last)" in self.said

    def __str__(self) -> str:
        ended = "it did not end" if self.code is None else f"exit status {self.code}"
        return f"{ended} after {self.seconds:.1f} s, last words: {self.said.strip()[-600:] or 'none'}"


class Child:
    """A running process, the first of a group of its own.

    Args:
        process: forked just now.
        log: what it writes to.
    """

    def __init__(self, process: ForkServerProcess, log: Path) -> None:
        self.process, self.log, self.began = process, log, time.monotonic()
        assert process.pid is not None
        self.pid = process.pid

    def lasts(self, seconds: float) -> bool:
        """Whether it still runs so many seconds later; returns at once when it ends before."""
        self.process.join(max(0.0, seconds))
        return self.process.exitcode is None

    def kill(self) -> None:
        """SIGKILL, to this process alone: what it has started is left to itself, as after a real one."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def kill_group(self) -> None:
        """SIGKILL to this process and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def started(self) -> list[int]:
        """Process numbers of what it has started itself and what still runs. Linux only."""
        found: list[int] = []
        with suppress(OSError):
            for task in Path(f"/proc/{self.pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return sorted(found)

    def ended(self, limit: float) -> Ended:
        """Wait for its end; all that is left of it after `limit` seconds is killed."""
        code = None if self.lasts(limit) else self.process.exitcode
        if code is None:
            self.kill_group()
            self.process.join()
        return Ended(code, self.log.read_text(errors="replace"), time.monotonic() - self.began)


class Nursery:
    """Starts children: one process imports the suite once, each child is forked from it."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.started = 0

    @cached_property
    def context(self) -> ForkServerContext:
        """Where processes come from, warm."""
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")  # which misses what killed processes held
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["lightning_sepcl.torture.warm"])
        first = context.Process(target=print)  # waits for the imports, which the time of no job should hold
        first.start()
        first.join()
        return context

    def start(self, act: Act, folder: Path, environment: Mapping[str, str] | None = None) -> Child:
        """A child that runs `act` within `folder`, with these variables on top of its environment."""
        folder.mkdir(parents=True, exist_ok=True)
        self.started += 1
        log = folder.with_name(f"{folder.name}-{self.started}.log")
        log.touch()  # the child may be killed before it opens it
        method = multiprocessing.get_start_method()  # how users' processes start theirs
        process = self.context.Process(target=_run, args=(act, folder, log, dict(environment or {}), method))
        process.start()
        self.children.append(Child(process, log))
        return self.children[-1]

    def bury(self) -> None:
        """End whatever still runs of all children so far."""
        for child in self.children:
            child.kill_group()
            child.process.join()
        self.children = []


def _run(act: Act, folder: Path, log: Path, environment: dict[str, str], method: str) -> None:
    os.setsid()
    multiprocessing.set_start_method(method, force=True)
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(folder)
    os.environ.update(environment)
    function, args = act
    sys.exit(function(*args))
