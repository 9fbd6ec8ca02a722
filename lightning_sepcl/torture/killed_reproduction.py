"""Kills while a table is reproduced: of the command itself, of the training it has started, of both."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path

from lightning_sepcl.cli.main import main
from lightning_sepcl.torture.child import Act, Child
from lightning_sepcl.torture.fault import promise
from lightning_sepcl.torture.killed import Killed
from lightning_sepcl.torture.killed_training import EXPERIMENT, POISONED
from lightning_sepcl.torture.site import LIMIT_SECONDS, Job, checksums, trained_bits

TABLE = """\
title: A table of one row
seeds: 1
columns: {qbe: {heading: query by example, metric: qbe_map}}
rows: {ours: {label: Ours, experiment: tiny.yaml}}
baselines: {untrained: {label: Untrained, what: untrained embedding}}
claims: {learns: {says: training helps, test: ours.qbe > untrained.qbe}}
"""


class Reproduction(Job):
    """One row, one seed: a training and its evaluation, each a process of its own."""

    name = "reproduction"

    def prepare(self, shared: Path) -> None:
        """Table and experiment."""
        (shared / "tiny.yaml").write_text(EXPERIMENT)
        (shared / "poisoned.py").write_text(POISONED)
        (shared / "table.yaml").write_text(TABLE)

    def act(self, shared: Path, folder: Path) -> Act:
        """`sepcl reproduce`."""
        return main, [
            ["reproduce", f"{shared}/table.yaml", "--out", "page.md", "--", "--data.cache_dir", f"{shared}/cache"]
        ]

    def environment(self) -> dict[str, str]:
        """The package that runs here, also for the processes that it starts."""
        return {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

    def products(self, folder: Path) -> dict[str, str]:
        """Weights, figures, and what the record says of them."""
        found = {path.name: trained_bits(path) for path in folder.glob("runs/tables/**/checkpoints/[bl]*.ckpt")}
        figures = checksums(folder, "results.json")
        records = [json.loads(path.read_text()) for path in sorted(folder.glob("records/**/*.json"))]
        told = {f"record {r['name']}": f"{r['status']} {r['steps']} {json.dumps(r['results'])}" for r in records}
        return found | figures | told


class KilledReproduction(Killed):
    """After a kill of the command alone the training goes on as an orphan; the next command must not disturb it."""

    kind = "killed-reproduction"
    title = "SIGKILL while `sepcl reproduce` runs: of the command, of the training it started, or of both"
    share = 5
    job = Reproduction()

    def strike(self, child: Child, dice: random.Random) -> None:
        """One of the three."""
        victim = dice.choice(("command", "training", "both"))
        if victim == "both":
            child.kill_group()
        elif victim == "training" and (started := child.started()):
            with suppress(ProcessLookupError):
                os.kill(started[-1], signal.SIGKILL)
        else:
            child.kill()
        promise(not child.lasts(LIMIT_SECONDS), f"the command waits for a killed {victim}: {child.ended(0.0)}")
