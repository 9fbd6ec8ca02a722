"""Kills while a corpus is rendered in simulated rooms."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.cli.main import main
from lightning_sepcl.torture.child import Act
from lightning_sepcl.torture.killed import Killed
from lightning_sepcl.torture.site import Job, checksums
from lightning_sepcl.torture.sounds import write_sounds

CONFIGURATION = """\
recordings = "recordings"
scenes = 16
sample_rate = 8000
shard_scenes = 3
room = {rt60_s = [0.15, 0.3]}
"""


class RoomRendering(Job):
    """Sixteen scenes in six shards, by one process beside the one that is killed."""

    name = "rooms"

    def prepare(self, shared: Path) -> None:
        """Recordings and configuration."""
        write_sounds(shared / "recordings", 6, 1.0, 8000)
        (shared / "rooms.toml").write_text(CONFIGURATION)

    def act(self, shared: Path, folder: Path) -> Act:
        """`sepcl rooms render`."""
        return main, [["rooms", "render", "--config", f"{shared}/rooms.toml", "--out", "corpus", "--processes", "1"]]

    def products(self, folder: Path) -> dict[str, str]:
        """Audio, labels and manifests."""
        return checksums(folder / "corpus")


class KilledRooms(Killed):
    """Anywhere: while processes start, within a shard, or while the manifest is put together."""

    kind = "killed-rooms"
    title = "SIGKILL while rooms are rendered"
    share = 6
    job = RoomRendering()
