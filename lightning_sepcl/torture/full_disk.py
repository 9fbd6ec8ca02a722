"""A disk that fills up while a job writes, and has room when it is started again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from lightning_sepcl.errors import FAILED
from lightning_sepcl.torture.child import Ended
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_cache import CacheBuilding
from lightning_sepcl.torture.killed_rooms import RoomRendering
from lightning_sepcl.torture.killed_separation import Separation
from lightning_sepcl.torture.killed_training import Training
from lightning_sepcl.torture.site import LIMIT_SECONDS, Job, differences
from lightning_sepcl.torture.small_disk import MORE_ROOM, twice

PAGE_BYTES = 4096
JOBS: tuple[type[Job], ...] = (CacheBuilding, RoomRendering, Separation, Training)


class FullDisk(Fault):
    """The disk's size is drawn between a page and what the job writes undisturbed."""

    kind = "full-disk"
    title = "The disk fills up: a cache, rooms, separated clips, a training (a tmpfs of a drawn size)"
    promised = "a sentence; with more room the same command ends with the same bits"
    share = 10

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """One job; smaller and smaller disks until it does not fit."""
        job = dice.choice(JOBS)()
        reference = self.site.reference(job)
        size = dice.randrange(PAGE_BYTES, _bytes_in(self.site.place(job)))
        first, ended = self._run(job, folder, size)
        while first == 0 and size > PAGE_BYTES:
            shutil.rmtree(folder)
            size = max(PAGE_BYTES, size // 2)
            first, ended = self._run(job, folder, size)
        promise(
            first == FAILED and "error: " in ended.said.partition(MORE_ROOM)[0] and not ended.stumbled,
            f"{job.name} on a disk of {size} bytes ended with {first} and no sentence: {ended}",
        )
        promise(ended.code == 0, f"{job.name} could not go on with more room: {ended}")
        found = differences(job.products(folder / "kept"), reference.products)
        promise(not found, f"{job.name} after a disk of {size} bytes: {found}")
        return Kept(same_bits=True, refused=True)

    def _run(self, job: Job, folder: Path, size: int) -> tuple[int, Ended]:
        act = job.act(self.site.shared(job), folder / "disk")
        child = self.site.nursery.start(
            (twice, [act, str(folder / "disk"), str(folder / "kept"), size]), folder, job.environment()
        )
        ended = child.ended(LIMIT_SECONDS)
        words = ended.said.partition(MORE_ROOM)[2].split()
        promise(bool(words), f"{job.name} on a disk of {size} bytes: {ended}")
        return int(words[0]), ended


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
