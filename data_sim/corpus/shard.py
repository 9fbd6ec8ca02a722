"""A folder of scenes: written beside its place and moved there once complete, so that it is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.engine_of import engine_of
from data_sim.corpus.recordings import Recordings
from data_sim.corpus.rendered_scene import rendered_scene
from data_sim.corpus.scene_row import COLUMNS
from data_sim.engines import Engine
from lightning_sepcl.audio.reading import UnreadableAudio

MANIFEST, SKIPPED = "manifest.csv", "skipped.csv"
SKIPPED_COLUMNS = ("scene", "recording", "why")


@dataclass(frozen=True, slots=True)
class Plan:
    """A corpus to be written.

    Attributes:
        configuration: how its scenes sound.
        recordings: what is heard.
        out: its folder.
    """

    configuration: Configuration
    recordings: Recordings
    out: Path

    @property
    def scenes(self) -> int:
        """How many."""
        return self.configuration.scenes or len(self.recordings.names)

    @property
    def shards(self) -> int:
        """How many folders they fill."""
        return -(-self.scenes // self.configuration.shard_scenes)

    def numbers(self, shard: int) -> range:
        """The scenes of a shard."""
        size = self.configuration.shard_scenes
        return range(shard * size, min((shard + 1) * size, self.scenes))

    def folder(self, shard: int) -> Path:
        """Where a shard lies once it is complete."""
        return self.out / f"shard-{shard:05d}"

    def part(self, shard: int) -> Path:
        """Where it is written."""
        return self.out / f".shard-{shard:05d}.part"

    def finished_scenes(self, shard: int) -> int:
        """How many of a shard's scenes are written, complete or not; for the display of progress."""
        if self.folder(shard).is_dir():
            return len(self.numbers(shard))
        try:
            return sum(name.endswith(f".{self.configuration.format}") for name in os.listdir(self.part(shard)))
        except FileNotFoundError:
            return 0


def write_shard(plan: Plan, shard: int) -> None:
    """Simulates a shard unless it is complete; a part left by a run that was killed is begun anew.

    Raises:
        OSError: the disk is full or fails.
    """
    folder, part = plan.folder(shard), plan.part(shard)
    with FileLock(plan.out / f".shard-{shard:05d}.lock"):
        if folder.is_dir():
            return
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        with closing(engine_of(plan.configuration)) as engine:
            _fill(plan, shard, part, engine)
        part.rename(folder)


def _fill(plan: Plan, shard: int, part: Path, engine: Engine) -> None:
    rows: list[dict[str, str | int | float]] = []
    skipped: list[dict[str, str | int]] = []
    for number in plan.numbers(shard):
        try:
            scene = rendered_scene(plan.configuration, plan.recordings, engine, number)
        except UnreadableAudio as error:
            skipped.append({"scene": number, "recording": plan.recordings.of_scene(number), "why": error.why})
            continue
        name = f"{number:06d}.{plan.configuration.format}"
        (part / name).write_bytes(scene.audio)
        (part / f"{number:06d}.csv").write_text(scene.dcase, encoding="utf-8")
        where: dict[str, str | int | float] = {
            "file": f"{plan.folder(shard).name}/{name}",
            "sha256": hashlib.sha256(scene.audio).hexdigest(),
        }
        rows.append(scene.row | where)
    write_table(part / MANIFEST, COLUMNS, rows)
    write_table(part / SKIPPED, SKIPPED_COLUMNS, skipped)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str | int | float]]) -> None:
    """A CSV file, whole or not there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    beside.replace(path)


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
