"""Kills while a packed cache is built, by one process or several."""

from __future__ import annotations

import random
from pathlib import Path

from lightning_sepcl.data.audio_folder import AudioFolder
from lightning_sepcl.errors import exit_status
from lightning_sepcl.torture.child import Act
from lightning_sepcl.torture.fault import Kept
from lightning_sepcl.torture.killed import Killed
from lightning_sepcl.torture.site import Job, checksums
from lightning_sepcl.torture.sounds import write_sounds

RECORDINGS, SECONDS, SAMPLE_RATE = 96, 3.0, 44100


class CacheBuilding(Job):
    """Recordings of four formats, resampled into a cache."""

    name = "cache"

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers

    def environment(self) -> dict[str, str]:
        """How many processes read."""
        return {"SEPCL_WORKERS": str(self.workers)}

    def prepare(self, shared: Path) -> None:
        """The recordings."""
        write_sounds(shared / "recordings", RECORDINGS, SECONDS, SAMPLE_RATE)

    def act(self, shared: Path, folder: Path) -> Act:
        """What a training does before its first step."""
        return build_cache, (str(shared / "recordings"), str(folder))

    def products(self, folder: Path) -> dict[str, str]:
        """All files of the cache."""
        return checksums(folder)


def build_cache(recordings: str, cache: str) -> int:
    """Build, as `sepcl fit` would, and end as it would."""

    def build() -> int:
        AudioFolder(root=recordings, cache_dir=cache).prepare_data()
        return 0

    return exit_status(build)


class KilledCache(Killed):
    """Every second one reads with two processes, which a kill leaves without their parent."""

    kind = "killed-cache"
    title = "SIGKILL while a packed cache is built"
    share = 12

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """By one process or two."""
        self.job = CacheBuilding(dice.randint(1, 2))
        return super().inject(dice, folder)
