"""Running one job of a table as subprocesses of `sepcl`, going on where a kill left off."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from lightning_sepcl.ledger.completion import is_complete, set_aside_if_stale, status
from lightning_sepcl.ledger.environment import capture_environment
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.run_record import merge_record
from lightning_sepcl.threads import with_threads

PROGRAM = (sys.executable, "-m", "lightning_sepcl.cli.main")
ERROR_LINES = 8
POLL_SECONDS = 1.0
"""How often one that waits for another process looks whether it was asked to stop."""
STOP_SECONDS = 20.0
"""How long a subprocess may take to write its checkpoint after it was asked to stop."""

Ending = Literal["complete", "skipped", "failed", "blocked", "stopped"]


@dataclass
class JobRun:
    """Runs jobs one by one or from several threads; a failing one leaves its last lines in its record.

    Args:
        threads: processor threads of each.
        reproduce: the `sepcl reproduce` call, kept in the records.
        program: what stands before the arguments of `sepcl`.
        environment: variables for the subprocesses, on top of those of this process.
        say: called with one line of progress.
    """

    threads: int = 1
    reproduce: str = ""
    program: Sequence[str] = PROGRAM
    environment: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _children: set[subprocess.Popen[bytes]] = field(default_factory=set, init=False)

    def run(self, job: Job) -> Ending:
        """Runs a job to its end, or from where it was left; what is complete is not run again."""
        log = job.run_dir.parent / "logs" / f"{job.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with self._alone(job, log) as alone:
            if not alone:
                return "stopped"
            return "skipped" if is_complete(job) else self._run(job, log)

    def block(self, job: Job, needs: Sequence[str]) -> Ending:
        """Leaves a record that says why a job cannot run: stages it needs are not complete."""
        listed = ", ".join(f"`{need}`" for need in needs)
        set_aside_if_stale(job)
        self._begin(job, "blocked", f"not run, because its stage {listed} is not complete")
        return "blocked"

    def stop(self) -> None:
        """Asks all subprocesses to end, and ends those that do not."""
        self._stop.set()
        children = list(self._children)
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def _run(self, job: Job, log: Path) -> Ending:
        steps = [step for step in (("fitted", job.fit), ("complete", job.test)) if step[1]]
        set_aside_if_stale(job)
        if status(job) == "fitted":
            steps = steps[1:]
        else:
            self._begin(job, "started")
        for name, args in steps:
            if self._stop.is_set():
                return "stopped"
            self.say(f"{job.name}: sepcl {args[0]}, output in {log}")
            began = time.monotonic()
            code, lines = self._call(args, log)
            if self._stop.is_set():
                return "stopped"
            if code != 0:
                merge_record(job.run_dir, status="failed", error=lines or f"exit status {code}")
                return "failed"
            own: dict[str, Any] = {"seconds_fit": round(time.monotonic() - began, 1)} if job.is_command else {}
            merge_record(job.run_dir, status=name, **own)
        merge_record(job.run_dir, status="complete")
        return "complete"

    def _begin(self, job: Job, state: str, error: str = "") -> None:
        parts: dict[str, Any] = {}
        if job.is_command:  # a training describes code and machine itself
            parts = capture_environment()
            parts["hardware"] = replace(parts["hardware"], threads=self.threads)
        merge_record(
            job.run_dir, status=state, error=error, seed=job.seed, recipe_sha256=job.recipe_sha256,
            reproduce=self.reproduce, command=shlex.join(["sepcl", *job.fit]), **parts,
        )  # fmt: skip

    def _call(self, args: Sequence[str], log: Path) -> tuple[int, str]:
        environment = os.environ | with_threads(self.threads) | dict(self.environment)
        with log.open("ab") as output:
            start = output.tell()
            child = subprocess.Popen([*self.program, *args], stdout=output, stderr=subprocess.STDOUT, env=environment)
            self._children.add(child)
            if self._stop.is_set():  # asked to stop between the check and the start
                child.terminate()
            try:
                code = child.wait()
            finally:
                self._children.discard(child)
        return code, last_lines(log, start)

    @contextmanager
    def _alone(self, job: Job, log: Path) -> Iterator[bool]:
        """Within it no other process runs the job: tables may share a stage, and a table may be started twice.

        False where it was asked to stop while it waited.
        """
        lock, wait = FileLock(log.with_suffix(".lock")), 0.0
        while not lock.is_locked:
            try:
                lock.acquire(timeout=wait)
            except Timeout:
                if not wait:
                    self.say(f"{job.name}: another process is at it, waiting for it")
                wait = POLL_SECONDS
                if self._stop.is_set():
                    yield False
                    return
        try:
            yield True
        finally:
            lock.release()


def last_lines(log: Path, start: int = 0) -> str:
    """What a subprocess said last, from byte `start` of its log on."""
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    # absolute paths say where somebody's home is and nothing else
    text = text.replace(f"{Path.cwd()}/", "").replace(str(Path.home()), "~")
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-ERROR_LINES:])
