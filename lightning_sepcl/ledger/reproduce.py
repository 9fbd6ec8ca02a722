"""Filling a table: its jobs are run, their records copied to where the page reads them, the page kept up to date."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from lightning_sepcl.ledger.completion import copy_record, is_complete
from lightning_sepcl.ledger.errors import unknown_name
from lightning_sepcl.ledger.job_run import Ending, JobRun
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.runner import Runner


def reproduce(jobs: Sequence[Job], records_dir: Path, runner: Runner, publish: Callable[[], None]) -> dict[str, Ending]:
    """Runs jobs on this machine.

    Args:
        jobs: each behind those it needs.
        records_dir: where the page reads the records.
        runner: how many at once, with how many threads.
        publish: writes the page; called at the beginning and whenever a job has ended.

    Returns:
        How each job ended, by its name.
    """

    def done(ended: Sequence[Job]) -> None:
        for job in ended:
            copy_record(job, records_dir)
        publish()

    publish()
    return runner.run(jobs, done)


def reproduce_one(name: str, jobs: Sequence[Job], records_dir: Path, job_run: JobRun) -> Ending:
    """Runs the job `name` alone, as a task of a cluster does; the page is left for later.

    A job whose stages are not complete is not run, and its record says so.

    Raises:
        LedgerError: no such job.
    """
    by_name = {job.name: job for job in jobs}
    if name not in by_name:
        raise unknown_name(name, by_name, "--job")
    job = by_name[name]
    failed = [] if is_complete(job) else [need for need in job.needs if not is_complete(by_name[need])]
    ending = job_run.block(job, failed) if failed else job_run.run(job)
    copy_record(job, records_dir)
    return ending


def commands(jobs: Sequence[Job]) -> list[str]:
    """The command lines of jobs, as one would type them; stages and what is complete already are marked."""
    lines = []
    for job in jobs:
        marks = ["stage"] * (not job.row) + ["complete already"] * is_complete(job)
        mark = f"  # {', '.join(marks)}" if marks else ""
        lines += [shlex.join(["sepcl", *step]) + mark for step in (job.fit, job.test) if step]
    return lines
