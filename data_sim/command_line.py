"""`python -m data_sim VERB ...`: render, preview, inspect."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from data_sim.corpus.configuration import read_configuration
from data_sim.corpus.inspection import inspected
from data_sim.corpus.plots import save_plots
from data_sim.corpus.preview import save_preview
from data_sim.corpus.rendering import render
from data_sim.corpus.shard import SKIPPED, read_table
from data_sim.corpus.slurm import submit, write_array
from lightning_sepcl.errors import UserError, exit_status

LAUNCHERS = ("local", "slurm", "ray")
DAMAGED = 1
"""Exit status of `inspect` for a corpus of which something is missing or changed."""


def main(args: Sequence[str] | None = None) -> int:
    """Run a verb; returns the exit status. SEPCL_DEBUG=1 shows where an error came from."""
    given = _parser().parse_args(args)
    return exit_status(lambda: given.run(given), "interrupted; what is complete stays, the same command goes on")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data_sim",
        description="Recordings heard in simulated rooms.",
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = verbs.add_parser("render", help="write a corpus", description="Write a corpus, or go on with it.")
    verb.set_defaults(run=_render)
    verb.add_argument("--config", type=Path, required=True, metavar="FILE", help="TOML: recordings, rooms, array")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the corpus")
    verb.add_argument("--processes", type=_at_least_one, metavar="N", help="default: one per core; 1 of a Slurm task")
    verb.add_argument("--share", type=_share, default=(1, 1), metavar="K/N", help="of N machines, this is the K-th")
    verb.add_argument("--launcher", choices=LAUNCHERS, default="local", help="where it runs (default: local)")
    verb.add_argument("--tasks", type=_at_least_one, default=8, metavar="N", help="of the Slurm array (default: 8)")
    verb.add_argument("--sbatch", default="", metavar="OPTIONS", help='such as "--partition=cpu --time=02:00:00"')
    verb.add_argument("--submit", action="store_true", help="hand the Slurm array over at once")
    verb = verbs.add_parser("preview", help="draw a scene", description="Draw a scene's room and response.")
    verb.set_defaults(run=_preview)
    verb.add_argument("--config", type=Path, required=True, metavar="FILE", help="as for render")
    verb.add_argument("--scene", type=int, default=0, metavar="N", help="its number (default: 0)")
    verb.add_argument("--out", type=Path, default=Path("preview.png"), metavar="FILE", help="default: preview.png")
    verb = verbs.add_parser("inspect", help="what a corpus holds", description="Tell what a corpus holds.")
    verb.set_defaults(run=_inspect)
    verb.add_argument("corpus", type=Path, metavar="DIR", help="its folder")
    verb.add_argument("--plots", type=Path, metavar="FILE", help="draw its figures into a PNG, SVG or PDF file")
    verb.add_argument("--checksums", action="store_true", help="read every file and compare with the manifest")
    return parser


def _render(given: argparse.Namespace) -> int:
    configuration, ray = read_configuration(given.config), given.launcher == "ray"
    if given.launcher == "slurm":
        return _slurm(given)
    plan = render(configuration, given.out, processes=given.processes or _cores(), share=given.share, ray=ray)
    done = sum(plan.folder(shard).is_dir() for shard in range(plan.shards))
    if done < plan.shards:
        print(f"{given.out}: {done} of {plan.shards} shards are complete")
        return 0
    skipped = len(read_table(given.out / SKIPPED))
    left_out = f", {skipped} left out: {SKIPPED} tells why" if skipped else ""
    print(f"{given.out}: {plan.scenes - skipped} scenes{left_out}; python -m data_sim inspect {given.out}")
    return 0


def _slurm(given: argparse.Namespace) -> int:
    """Writes the array job beside the corpus."""
    processes = given.processes or 1
    words = [sys.executable, "-m", "data_sim", "render", "--config", str(given.config), "--out", str(given.out)]
    script = given.out.with_name(f"{given.out.name}-slurm") / "render.sbatch"
    script = write_array(
        script, [*words, "--processes", str(processes)], given.tasks, processes, shlex.split(given.sbatch)
    )
    print(f"job {submit(script)}: {given.tasks} tasks" if given.submit else f"sbatch {script}")
    return 0


def _preview(given: argparse.Namespace) -> int:
    if given.scene < 0:
        raise UserError(f"--scene {given.scene}: scenes are counted from 0")
    print(save_preview(read_configuration(given.config), given.scene, given.out))
    print(f"  {given.out}")
    return 0


def _inspect(given: argparse.Namespace) -> int:
    page, damaged = inspected(given.corpus, checksums=given.checksums)
    print(page)
    if given.plots is not None:
        print(f"{given.plots}: {save_plots(given.corpus, given.plots)} scenes drawn")
    if damaged:
        print("\n".join(damaged))
        print("remove the shards of these files, and manifest.csv, and give the render command again")
        return DAMAGED
    print("all files are there" + (" and whole" if given.checksums else ""))
    return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def _share(text: str) -> tuple[int, int]:
    first, slash, last = text.partition("/")
    if not (slash and first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text} is no share: write K/N, such as 1/4 to 4/4")
    return int(first), int(last)
