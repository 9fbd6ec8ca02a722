"""A process that loads batches is killed while a method is trained, as the kernel does when memory runs out."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from lightning_sepcl.torture.child import Child
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_training import Training
from lightning_sepcl.torture.site import LIMIT_SECONDS, differences

MOST_TRIES = 8
LOOK_SECONDS = 0.002


class DeadWorker(Fault):
    """One of two."""

    kind = "dead-worker"
    title = "SIGKILL of a process that loads batches"
    promised = "the run ends with a sentence, does not hang, and resumed ends with the same bits"
    share = 5

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Until the training was still running when the kill came."""
        job = Training(workers=2)
        reference = self.site.reference(Training())
        for _ in range(MOST_TRIES):
            child = self.site.start(job, folder)
            killed = _kill_one(child, dice, reference.seconds)
            ended = child.ended(LIMIT_SECONDS)
            if killed and ended.code != 0:
                break
            shutil.rmtree(folder, ignore_errors=True)
        promise(ended.refused, f"a loading process was killed: {ended}")
        promise("loads batches was killed" in ended.said, f"the sentence does not say what happened: {ended}")
        ended = self.site.finish(job, folder)
        promise(ended.code == 0, f"the training could not be gone on with: {ended}")
        found = differences(job.products(folder), reference.products)
        promise(not found, f"after a loading process was killed: {found}")
        return Kept(refused=True, same_bits=True)


def _kill_one(child: Child, dice: random.Random, seconds: float) -> bool:
    """Wait for the loading processes, then a drawn time, and kill one of them; whether there was one."""
    while not child.started():
        if not child.lasts(LOOK_SECONDS):
            return False
    time.sleep(dice.uniform(0, seconds / 4))
    workers = child.started()
    if not workers:
        return False
    with suppress(ProcessLookupError):
        os.kill(dice.choice(workers), signal.SIGKILL)
    return True
