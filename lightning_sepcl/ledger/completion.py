"""What of a table is done already: judged from the records in the folders of its jobs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, parts_of_folder, read_record
from lightning_sepcl.whole_file import whole_file


def is_complete(job: Job) -> bool:
    """Whether the job is complete, by the same recipe and seed, and its config is still the one it ran with."""
    path = job.run_dir / RECORD_FILE
    if not path.exists():
        return False
    record = read_record(path)
    config = parts_of_folder(job.run_dir).get("config_sha256", "")
    return record.status == "complete" and same_job(record, job) and config == record.config_sha256


def to_do(jobs: Sequence[Job]) -> list[Job]:
    """The jobs that are not complete, without stages that none of them needs any more.

    Raises:
        LedgerError: a record is broken.
    """
    wanted: list[Job] = []
    needed: set[str] = set()
    for job in reversed(jobs):
        if (job.row or job.name in needed) and not is_complete(job):
            wanted.append(job)
            needed.update(job.needs)
    return wanted[::-1]


def status(job: Job) -> str:
    """What the job's record says of it; empty without a record that can be read."""
    try:
        return read_record(job.run_dir / RECORD_FILE).status
    except LedgerError:
        return ""


def set_aside_if_stale(job: Job) -> Path | None:
    """Moves a folder of another recipe or seed out of the way, so that its checkpoint is not resumed; returns where to.

    Raises:
        LedgerError: the record is broken.
    """
    path = job.run_dir / RECORD_FILE
    if not path.exists():
        return None
    if same_job(read_record(path), job):
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
        with whole_file(records_dir / f"{job.name}.json") as file:
            file.write(source.read_bytes())


def same_job(record: RunRecord, job: Job) -> bool:
    """Whether a record is of this job as it is now, not of an earlier recipe or another seed."""
    return record.recipe_sha256 == job.recipe_sha256 and record.seed == job.seed
