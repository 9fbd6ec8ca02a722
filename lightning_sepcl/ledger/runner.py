"""Running the jobs of a table on this machine: several at once, each after those it needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from lightning_sepcl.ledger.completion import to_do
from lightning_sepcl.ledger.job_run import PROGRAM, Ending, JobRun
from lightning_sepcl.ledger.plan import Job

DONE = ("complete", "skipped")


@dataclass
class Runner:
    """Runs jobs, several at once if wanted; a failing one stops those that need it, the others go on.

    Args:
        jobs: how many run at once.
        threads: processor threads of each; None shares the processors out evenly.
        reproduce: the `sepcl reproduce` call, kept in the records.
        program: what stands before the arguments of `sepcl`.
        environment: variables for the subprocesses, on top of those of this process.
        say: called with one line of progress.
    """

    jobs: int = 1
    threads: int | None = None
    reproduce: str = ""
    program: Sequence[str] = PROGRAM
    environment: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print

    def job_run(self) -> JobRun:
        """What runs a single job."""
        threads = self.threads or max(1, (os.cpu_count() or 1) // self.jobs)
        return JobRun(threads, self.reproduce, self.program, self.environment, self.say)

    def run(self, jobs: Sequence[Job], done: Callable[[Sequence[Job]], None] = lambda jobs: None) -> dict[str, Ending]:
        """Runs all jobs; calls `done` with those that have just ended; returns how each ended, by name.

        A KeyboardInterrupt stops the subprocesses first and is then raised on.
        """
        waiting = to_do(jobs)
        wanted = {job.name for job in waiting}
        complete = [job for job in jobs if job.name not in wanted]
        if complete:
            self.say(f"{len(complete)} of {len(jobs)} runs are complete already")
            done(complete)
        endings: dict[str, Ending] = dict.fromkeys((job.name for job in complete), "skipped")
        progress = Progress(len(waiting), self.say)
        job_run = self.job_run()
        running: dict[Future[Ending], Job] = {}
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            try:
                while waiting or running:
                    for job in ready(waiting, endings)[: self.jobs - len(running)]:
                        running[pool.submit(job_run.run, job)] = job
                        waiting.remove(job)
                    ended = [(job, job_run.block(job, failed)) for job, failed in blocked(waiting, endings)]
                    if not ended:
                        futures, _ = wait(running, return_when=FIRST_COMPLETED)
                        ended = [(running.pop(future), future.result()) for future in futures]
                    for job, ending in ended:
                        endings[job.name] = ending
                        waiting = [other for other in waiting if other is not job]
                        progress(job.name, ending)
                    done([job for job, _ in ended])
            except BaseException:
                job_run.stop()
                pool.shutdown(cancel_futures=True)
                raise
        return {job.name: endings[job.name] for job in jobs}


@dataclass
class Progress:
    """Says after each job how many are done and about how long the others will take."""

    total: int
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _ended: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def __call__(self, name: str, ending: str) -> None:
        """Another job has ended."""
        self._ended += 1
        seconds = self.clock() - self._began
        left = seconds / self._ended * (self.total - self._ended)
        rest = f", about {duration(left)} left" if self._ended < self.total else ""
        self.say(f"[{self._ended}/{self.total}] {name} {ending} after {duration(seconds)}{rest}")


def ready(waiting: Sequence[Job], endings: Mapping[str, Ending]) -> list[Job]:
    """Jobs of which all they need is complete."""
    return [job for job in waiting if all(endings.get(need) in DONE for need in job.needs)]


def blocked(waiting: Sequence[Job], endings: Mapping[str, Ending]) -> list[tuple[Job, list[str]]]:
    """Jobs that need one which ended without being complete, with the names of these."""
    needs = ((job, [need for need in job.needs if endings.get(need, "complete") not in DONE]) for job in waiting)
    return [(job, failed) for job, failed in needs if failed]


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
