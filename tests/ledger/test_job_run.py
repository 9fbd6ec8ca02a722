"""A job is run by one process at a time."""

import threading

from filelock import FileLock

from lightning_sepcl.ledger.job_run import JobRun
from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.run_record import merge_record


def started(tmp_path):
    """A row's job whose lock somebody else holds, and the thread that wants to run it."""
    job = Job("row", 0, "row-s0", tmp_path / "row-s0", ("fit",), (), "recipe")
    (tmp_path / "logs").mkdir()
    lock = FileLock(tmp_path / "logs/row-s0.lock")
    lock.acquire()
    said, endings, waits = [], [], threading.Event()

    def say(line):
        said.append(line)
        waits.set()

    job_run = JobRun(program=("false",), say=say)
    thread = threading.Thread(target=lambda: endings.append(job_run.run(job)))
    thread.start()
    assert waits.wait(20)
    assert said == ["row-s0: another process is at it, waiting for it"]
    return job, lock, job_run, thread, endings


def test_what_another_process_completes_meanwhile_is_not_run_again(tmp_path):
    job, lock, _, thread, endings = started(tmp_path)
    merge_record(job.run_dir, status="complete", seed=0, recipe_sha256="recipe")
    lock.release()
    thread.join(20)
    assert endings == ["skipped"]


def test_who_waits_can_be_stopped(tmp_path):
    _, lock, job_run, thread, endings = started(tmp_path)
    job_run.stop()
    thread.join(20)
    assert endings == ["stopped"]
    lock.release()
