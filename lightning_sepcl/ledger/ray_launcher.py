"""The jobs of a table as Ray tasks; the record of each comes back to this machine when it has ended."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.completion import same_job, to_do
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.job_run import Ending
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.run_record import RECORD_FILE, read_record
from lightning_sepcl.ledger.runner import Progress
from lightning_sepcl.whole_file import whole_text

ENDINGS: dict[str, Ending] = {"complete": "complete", "blocked": "blocked"}


def run_with_ray(
    jobs: Sequence[Job],
    command_of: Callable[[Job], Sequence[str]],
    records_dir: Path,
    publish: Callable[[], None],
    say: Callable[[str], None],
    threads: int = 1,
) -> dict[str, Ending]:
    """Runs jobs as tasks of the cluster that `RAY_ADDRESS` names, or of this machine; a failing one stops no others but
    those that need it.

    The code must lie in the same place on all nodes, and so must the runs' folder where jobs need stages. A task takes
    `threads` processors, and one GPU where the cluster has any.

    Args:
        jobs: each behind those it needs.
        command_of: the command line that runs one job alone.
        records_dir: where the page reads the records.
        publish: writes the page; called whenever a job has ended.
        say: called with one line of progress.
        threads: processors of a task.

    Raises:
        LedgerError: ray is not installed.
    """
    ray = _ray()
    ray.init(ignore_reinit_error=True)
    gpus = 1 if ray.cluster_resources().get("GPU", 0) else 0
    task = ray.remote(num_cpus=threads, num_gpus=gpus)(run_task)
    wanted = to_do(jobs)
    references: dict[str, Any] = {}
    for job in wanted:
        before = [references[need] for need in job.needs if need in references]
        record = str(job.run_dir / RECORD_FILE)
        references[job.name] = task.remote(list(command_of(job)), str(Path.cwd()), record, *before)
    endings: dict[str, Ending] = {job.name: "skipped" for job in jobs if job.name not in references}
    progress = Progress(len(wanted), say)
    by_reference = {reference: job for job, reference in zip(wanted, references.values(), strict=True)}
    waiting = list(by_reference)
    try:
        while waiting:
            ended, waiting = ray.wait(waiting)
            for reference in ended:
                job = by_reference[reference]
                needed = [references[need] for need in job.needs if need in references]
                endings[job.name] = _ending(ray, job, reference, needed, records_dir, say)
                progress(job.name, endings[job.name])
            publish()
    except BaseException:
        for reference in waiting:
            ray.cancel(reference)
        raise
    return {job.name: endings[job.name] for job in jobs}


def run_task(command: Sequence[str], folder: str, record: str, *before: Any) -> str:
    """Runs a command in a folder of a node; returns the text of the record it leaves, empty without one.

    `before` are the results of tasks this one waits for.
    """
    subprocess.run(list(command), cwd=folder, check=False)
    path = Path(folder) / record
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _ending(
    ray: Any, job: Job, reference: Any, needed: Sequence[Any], records_dir: Path, say: Callable[[str], None]
) -> Ending:
    text = _result(ray, reference)
    if isinstance(text, str):
        return _received(job, text, records_dir)
    if not all(isinstance(_result(ray, need), str) for need in needed):
        return "blocked"
    say(f"{job.name}: its task was lost ({type(text).__name__}); the same command begins it again")
    return "failed"


def _result(ray: Any, reference: Any) -> str | Exception:
    """What a task gave back, or what became of it: its process was killed, or that of a task it waited for."""
    try:
        text: str = ray.get(reference)
    except ray.exceptions.RayError as error:
        lost: Exception = error
        return lost
    return text


def _received(job: Job, text: str, records_dir: Path) -> Ending:
    """Keeps a record; one that an earlier recipe left in the job's folder tells nothing of this one."""
    if not text:
        return "failed"
    path = records_dir / f"{job.name}.json"
    whole_text(path, text)
    record = read_record(path)
    return ENDINGS.get(record.status, "failed") if same_job(record, job) else "failed"


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except (ImportError, OSError, RuntimeError):
        raise LedgerError("--launcher ray needs Ray, which is not here: pip install 'lightning_sepcl[ray]'") from None
