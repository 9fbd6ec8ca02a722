"""Jobs that are killed at random moments, again and again, and started again until they are done."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from lightning_sepcl.torture.child import Child
from lightning_sepcl.torture.fault import Broken, Fault, Kept, promise
from lightning_sepcl.torture.site import Job, differences

MOST_KILLS = 3
MOST_TRIES = 8


class Killed(Fault):
    """A job that is killed one to three times before it may finish."""

    promised = "started again it goes on, and ends with the same bits"
    job: Job

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Kills spread evenly over the time that the job takes when nobody disturbs it."""
        reference = self.site.reference(self.job)
        kills, seconds = 0, reference.seconds
        for _ in range(MOST_TRIES):
            kills = self._kill(dice, folder, seconds)
            if kills:
                break
            shutil.rmtree(folder)  # it was done before the first kill
            seconds /= 2
        ended = self.site.finish(self.job, folder)
        promise(ended.code == 0, f"after {kills} kill(s) the job could not be finished: {ended}")
        found = differences(self.job.products(folder), reference.products)
        promise(not found, f"after {kills} kill(s): {found}")
        return Kept(kills, same_bits=True)

    def _kill(self, dice: random.Random, folder: Path, seconds: float) -> int:
        """How often it was killed before it was done."""
        for kills in range(dice.randint(1, MOST_KILLS)):
            child = self.site.start(self.job, folder)
            if not self.wait(child, dice, folder, seconds):
                if child.process.exitcode != 0:
                    raise Broken(f"after {kills} kill(s) the job could not be gone on with: {child.ended(0.0)}")
                return kills
            self.strike(child, dice)
        return kills + 1

    def wait(self, child: Child, dice: random.Random, folder: Path, seconds: float) -> bool:
        """Let it run for a drawn time; whether it still does."""
        return child.lasts(dice.uniform(0, seconds))

    def strike(self, child: Child, dice: random.Random) -> None:
        """Kill it, and wait until it is dead."""
        child.kill()
        child.process.join()
