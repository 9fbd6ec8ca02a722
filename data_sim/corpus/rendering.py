"""Writing a corpus: shards by several processes, progress, and one manifest when all is there."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

import torch
from filelock import FileLock

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.engine_of import engine_of
from data_sim.corpus.ray_rendering import write_with_ray
from data_sim.corpus.recordings import Recordings
from data_sim.corpus.scene_row import COLUMNS
from data_sim.corpus.shard import MANIFEST, SKIPPED, SKIPPED_COLUMNS, Plan, read_table, write_shard, write_table
from lightning_sepcl.errors import DISK_FULL, UserError
from lightning_sepcl.orphans import leave_with_parent
from lightning_sepcl.progress import progress
from lightning_sepcl.whole_file import whole_text

ABOUT = "about.json"
SECONDS_BETWEEN_LOOKS = 0.5


def render(
    configuration: Configuration, out: Path, *, processes: int = 1, share: tuple[int, int] = (1, 1), ray: bool = False
) -> Plan:
    """Writes what is still missing of a corpus.

    Args:
        configuration: how it sounds.
        out: folder; one that holds the beginning of the same corpus is gone on with.
        processes: at once, a thread each.
        share: (k, n) writes every n-th shard from the k-th on, for n machines that share a disk.
        ray: shards are tasks of a Ray cluster, instead of processes of this machine.

    Raises:
        UserError: recordings that are not there, a folder with another corpus, an engine that cannot be used here, a
            disk that is full.
    """
    recordings = Recordings.below(Path(configuration.recordings))
    engine_of(configuration).close()  # says now what is not installed
    plan = Plan(configuration, recordings, out)
    try:
        _begin(plan)
        shards = [shard for shard in range(plan.shards) if shard % share[1] == share[0] - 1]
        if ray:
            write_with_ray(plan, shards)
        else:
            _write(plan, shards, processes)
        _finish(plan)
    except OSError as error:
        done = sum(len(plan.numbers(shard)) for shard in range(plan.shards) if plan.folder(shard).is_dir())
        full = error.errno in DISK_FULL
        why = "the disk is full" if full else str(error.strerror or error)
        raise UserError(
            f"{out}: {why}; {done} of {plan.scenes} scenes are complete, "
            f"{'free some space and ' if full else ''}give the same command again to go on"
        ) from error
    return plan


def _begin(plan: Plan) -> None:
    """Notes what the folder will hold, or compares with what it holds already."""
    plan.out.mkdir(parents=True, exist_ok=True)
    described = about(plan)
    with FileLock(plan.out / ".about.lock"):
        path = plan.out / ABOUT
        if not path.exists():
            others = [found.name for found in plan.out.iterdir() if not found.name.startswith(".")]
            if others:
                raise UserError(f"{plan.out} holds something else ({others[0]}): choose another --out")
            whole_text(path, json.dumps(described, indent=1) + "\n")
            return
    there = json.loads(path.read_text(encoding="utf-8"))
    for key, what in (("fingerprint", "another configuration"), ("recordings_fingerprint", "other recordings")):
        if there[key] != described[key]:
            raise UserError(f"{plan.out} was begun with {what}: choose another --out, or remove it")


def about(plan: Plan) -> dict[str, object]:
    """What `about.json` says of a corpus."""
    return {
        "scenes": plan.scenes,
        "classes": plan.recordings.classes,
        "configuration": asdict(plan.configuration),
        "fingerprint": plan.configuration.fingerprint,
        "recordings_fingerprint": plan.recordings.fingerprint,
    }


def _write(plan: Plan, shards: Sequence[int], processes: int) -> None:
    missing = [shard for shard in shards if not plan.folder(shard).is_dir()]
    total = sum(len(plan.numbers(shard)) for shard in missing)
    if not missing:
        return
    wanted = min(processes, total)
    if len(missing) == len(shards) < wanted:
        print(_too_few(plan, len(missing), wanted, total // wanted), file=sys.stderr, flush=True)
    with progress("rendering scenes", total) as tell:
        look = _Look(plan, missing, tell)
        context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads
        with ProcessPoolExecutor(min(processes, len(missing)), context, initializer=_start_worker) as pool:
            try:
                _follow([pool.submit(write_shard, plan, shard) for shard in missing], look)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _too_few(plan: Plan, shards: int, processes: int, scenes: int) -> str:
    return (
        f"{shards} of {processes} processes have work, as each writes whole shards of "
        f"{plan.configuration.shard_scenes} scenes: shard_scenes = {scenes} and another --out give work to all"
    )


def _follow(waiting: list[Future[None]], look: Callable[[], None]) -> None:
    pending = set(waiting)
    while pending:
        done, pending = wait(pending, timeout=SECONDS_BETWEEN_LOOKS, return_when=FIRST_EXCEPTION)
        for future in done:
            try:
                future.result()
            except BrokenProcessPool as error:
                raise UserError(
                    "a process ended before its time, perhaps as memory ran out: give the same command again to go on, "
                    "with fewer --processes"
                ) from error
        look()


class _Look:
    """Counts the files that have appeared since the last look."""

    def __init__(self, plan: Plan, shards: Sequence[int], tell: Callable[[int], None]) -> None:
        self.plan, self.shards, self.tell, self.told = plan, shards, tell, 0

    def __call__(self) -> None:
        found = sum(self.plan.finished_scenes(shard) for shard in self.shards)
        if found > self.told:
            self.tell(found - self.told)
            self.told = found


def _start_worker() -> None:
    torch.set_num_threads(1)
    leave_with_parent()


def _finish(plan: Plan) -> None:
    """The manifest of the whole corpus, once all shards are there."""
    folders = [plan.folder(shard) for shard in range(plan.shards)]
    if not all(folder.is_dir() for folder in folders):
        return
    with FileLock(plan.out / ".about.lock"):
        for name, columns in ((MANIFEST, COLUMNS), (SKIPPED, SKIPPED_COLUMNS)):
            write_table(plan.out / name, columns, (row for folder in folders for row in read_table(folder / name)))
    for lock in plan.out.glob(".shard-*.lock"):
        lock.unlink(missing_ok=True)
