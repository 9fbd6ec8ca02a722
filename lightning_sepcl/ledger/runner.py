"""Running the jobs of a table: as subprocesses, skipping what is complete, going on where a kill left off."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, merge_record, parts_of_folder, read_record

PROGRAM = (sys.executable, "-m", "lightning_sepcl.cli.main")
ERROR_LINES = 8
STOP_SECONDS = 20.0
"""How long a subprocess may take to write its checkpoint after it was asked to stop."""

Ending = Literal["complete", "skipped", "failed", "stopped"]


@dataclass
class Runner:
    """Runs jobs, several at once if wanted; a failing job leaves its last lines in its record and the others go on.

    Args:
        jobs: how many run at once.
        threads: processor threads of each; None shares the processors out evenly.
        reproduce: the `sepcl reproduce` call, kept in the records.
        program: what stands before the arguments of `sepcl`.
        say: called with one line of progress.
    """

    jobs: int = 1
    threads: int | None = None
    reproduce: str = ""
    program: Sequence[str] = PROGRAM
    say: Callable[[str], None] = print
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _children: set[subprocess.Popen[bytes]] = field(default_factory=set, init=False)

    def run(self, jobs: Sequence[Job], done: Callable[[Job], None] = lambda job: None) -> dict[str, Ending]:
        """Runs all jobs; calls `done` after each; returns how each ended, by name.

        A KeyboardInterrupt stops the subprocesses first and is then raised on.
        """
        endings: dict[str, Ending] = {}
        wanted = [job for job in jobs if not is_complete(job)]
        for job in jobs:
            if job not in wanted:
                endings[job.name] = "skipped"
                done(job)
        if endings:
            self.say(f"{len(endings)} of {len(jobs)} runs are complete already")
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            try:
                futures = {pool.submit(self._run_job, job): job for job in wanted}
                for n, future in enumerate(as_completed(futures), start=1):
                    job = futures[future]
                    endings[job.name] = future.result()
                    self.say(_progress(n, len(wanted), job, endings[job.name], time.monotonic() - began))
                    done(job)
            except BaseException:
                self._end_children()
                pool.shutdown(cancel_futures=True)
                raise
        return endings

    def _run_job(self, job: Job) -> Ending:
        set_aside_if_stale(job)
        log = job.run_dir.parent / "logs" / f"{job.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        fitted = _status(job) == "fitted"
        if not fitted:
            merge_record(
                job.run_dir, status="started", error="", seed=job.seed, recipe_sha256=job.recipe_sha256,
                reproduce=self.reproduce, command=shlex.join(["sepcl", *job.fit]),
            )  # fmt: skip
        stages = [("complete", job.test)] if fitted else [("fitted", job.fit), ("complete", job.test)]
        for status, args in stages:
            if self._stop.is_set():
                return "stopped"
            self.say(f"{job.name}: sepcl {args[0]}, output in {log}")
            code, lines = self._call(args, log)
            if self._stop.is_set():
                return "stopped"
            if code != 0:
                merge_record(job.run_dir, status="failed", error=lines or f"exit status {code}")
                return "failed"
            merge_record(job.run_dir, status=status)
        return "complete"

    def _call(self, args: Sequence[str], log: Path) -> tuple[int, str]:
        threads = str(self.threads or max(1, (os.cpu_count() or 1) // self.jobs))
        environment = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
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
        return code, _last_lines(log, start)

    def _end_children(self) -> None:
        self._stop.set()
        children = list(self._children)
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def is_complete(job: Job) -> bool:
    """Whether the job's run is complete, by the same recipe and seed, and its config is still the one it ran with."""
    path = job.run_dir / RECORD_FILE
    if not path.exists():
        return False
    record = read_record(path)
    config = parts_of_folder(job.run_dir).get("config_sha256", "")
    return record.status == "complete" and _same_job(record, job) and config == record.config_sha256


def set_aside_if_stale(job: Job) -> Path | None:
    """Moves a run of another recipe or seed out of the way, so that its checkpoint is not resumed; returns where to."""
    path = job.run_dir / RECORD_FILE
    if not path.exists():
        return None
    if _same_job(read_record(path), job):
        return None
    numbers = (job.run_dir.with_name(f"{job.run_dir.name}.old-{i}") for i in range(1, 10_000))
    target = next(folder for folder in numbers if not folder.exists())
    shutil.move(job.run_dir, target)
    return target


def copy_record(job: Job, records_dir: Path) -> None:
    """Copies the job's record to where the page reads it; nothing to copy is no error.

    Raises:
        LedgerError: the record is broken.
    """
    source = job.run_dir / RECORD_FILE
    if source.exists():
        read_record(source)
        records_dir.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, records_dir / f"{job.name}.json")


def _same_job(record: RunRecord, job: Job) -> bool:
    return record.recipe_sha256 == job.recipe_sha256 and record.seed == job.seed


def _status(job: Job) -> str:
    try:
        return read_record(job.run_dir / RECORD_FILE).status
    except LedgerError:
        return ""


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    # absolute paths say where somebody's home is and nothing else
    text = text.replace(f"{Path.cwd()}/", "").replace(str(Path.home()), "~")
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-ERROR_LINES:])


def _progress(n: int, total: int, job: Job, ending: Ending, seconds: float) -> str:
    left = seconds / n * (total - n)
    rest = f", about {duration(left)} left" if n < total else ""
    return f"[{n}/{total}] {job.name} {ending} after {duration(seconds)}{rest}"


def duration(seconds: float) -> str:
    """A time span for people.

    >>> duration(42.3), duration(131.0), duration(7380.0)
    ('42 s', '2 min 11 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
