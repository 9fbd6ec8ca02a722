"""The options of `sepcl reproduce`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.ledger.places import RUNS
from lightning_sepcl.ledger.table import Table

LAUNCHERS = ("local", "slurm", "ray")


def parser() -> VerbParser:
    """The parser of everything before `--`."""
    made = VerbParser(
        "sepcl reproduce",
        "Run every row of a table with every seed, and write the page. What is complete is not run again. "
        "Without a table: list those of this folder, else those that came with the package. "
        "Arguments after `--` go to every `sepcl fit`.",
    )
    add = made.add_argument
    add("table", nargs="?", help="table file, or its name below experiments/tables, such as scenes/table4")
    add("--scale", help="how big: smoke, mini, paper, or another file of experiments/scales (default: the table's)")
    add("--seeds", type=count, help="how many; 3 means 0, 1, 2 (default: as the table says)")
    add("--only", default="", help="rows to run, separated by commas")
    add("--data", type=Path, help="folder that holds the data sets (default: $SEPCL_DATA)")
    add("--jobs", type=count, default=1, help="runs at once (default: 1)")
    add("--threads", type=count, help="processor threads of a run (default: all, shared between jobs)")
    add("--launcher", choices=LAUNCHERS, default="local", help="where runs happen (default: local)")
    add("--sbatch", default="", help="options of sbatch for the runs, as in --sbatch='--gres=gpu:1 --time=04:00:00'")
    add("--submit", action="store_true", help="hand the scripts of --launcher slurm to Slurm")
    add("--out", type=Path, help="the page (default: docs/results/<table>.md)")
    add("--runs", type=Path, default=RUNS, help="folder of the runs (default: runs/tables)")
    add("--job", help="run this one job alone, and no page; for launchers")
    add("--dry-run", action="store_true", help="print the command lines, stages first, and stop")
    add("--page-only", action="store_true", help="write the page from the records beside it, run nothing")
    return made


def split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our arguments, and those behind `--`."""
    at = list(args).index("--") if "--" in args else len(args)
    return list(args[:at]), list(args[at + 1 :])


def repeated(options: argparse.Namespace, table: Table) -> list[str]:
    """The words that make the same jobs again, for a process elsewhere; paths are given in full."""
    words = ["reproduce", str(table.path)]
    given = {
        "--scale": options.scale,
        "--seeds": options.seeds,
        "--only": options.only,
        "--data": options.data.resolve() if options.data else None,
        "--threads": options.threads or 1,
        "--out": options.out,
        "--runs": options.runs if options.runs != RUNS else None,
    }
    for option, value in given.items():
        words += [option, str(value)] if value not in (None, "") else []
    return words


def count(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
