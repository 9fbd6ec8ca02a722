"""`sepcl reproduce TABLE`: runs what a paper's table needs, here or on a cluster, and writes its page."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from lightning_sepcl.cli.reproduce_options import parser, repeated, split
from lightning_sepcl.cli.sigterm import sigterm_as_interrupt
from lightning_sepcl.errors import INTERRUPTED, UserError
from lightning_sepcl.ledger.at_most_every import AtMostEvery
from lightning_sepcl.ledger.completion import to_do
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.finding import FOLDER, find_table, table_files
from lightning_sepcl.ledger.job_run import PROGRAM, Ending
from lightning_sepcl.ledger.places import Places, places_of
from lightning_sepcl.ledger.plan import Job, jobs_of
from lightning_sepcl.ledger.provenance import call
from lightning_sepcl.ledger.ray_launcher import run_with_ray
from lightning_sepcl.ledger.reproduce import commands, reproduce, reproduce_one
from lightning_sepcl.ledger.runner import DONE, Runner
from lightning_sepcl.ledger.scale import check_scale
from lightning_sepcl.ledger.slurm import submit, write_slurm
from lightning_sepcl.ledger.table import Table
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.report.table_page import write_table

SECONDS_BETWEEN_PAGES = 10.0


def run(args: list[str], program: Sequence[str] = PROGRAM) -> int:
    """Run `sepcl reproduce` with its arguments; returns the exit status: 0 when every run is complete.

    Raises:
        UserError: the table, a record or an argument is wrong.
    """
    own, extra = split(args)
    options = parser().parse_args(own)
    if options.table is None:
        print("\n".join(listing()))
        return 0
    table = read_table(find_table(options.table))
    scale = table.scale if options.scale is None else options.scale
    check_scale(scale, table)
    seeds = table.seeds if options.seeds is None else tuple(range(options.seeds))
    places = places_of(table, scale, options.runs, options.out)
    if options.page_only:
        write_table(table, places, scale)
        print(places.page)
        return 0
    only = [name for name in options.only.split(",") if name]
    jobs = jobs_of(table, seeds, options.runs, extra, scale, only)
    if options.dry_run:
        print("\n".join(commands(jobs)))
        return 0
    runner = Runner(
        options.jobs, options.threads, call(table, len(seeds), scale, extra), program, _environment(options.data), _say
    )
    again = [*program, *repeated(options, table)]
    if options.job:
        ending = reproduce_one(options.job, jobs, places.records, runner.job_run())
        _say(f"{options.job} {ending}")
        return 0 if ending in DONE else 1
    if options.launcher == "slurm":
        return _slurm(options, jobs, places, again, extra)
    return _run(options, table, scale, jobs, places, runner, again, extra)


def listing(folder: Path = FOLDER) -> list[str]:
    """All tables, a line each: name, title, how much there is to run."""
    tables = {path.relative_to(folder).with_suffix("").as_posix(): path for path in table_files(folder)}
    if not tables:
        return [f"no tables in {folder}"]
    width = max(map(len, tables))
    return [f"{name:<{width}}  {_described(path)}" for name, path in tables.items()]


def _described(path: Path) -> str:
    try:
        table = read_table(path)
    except LedgerError as error:
        return f"cannot be used: {error}"
    seeds = f"{len(table.seeds)} seed{'s' * (len(table.seeds) > 1)}"
    cost = table.cost.get(table.scale, "")
    facts = [
        f"{len(table.rows)} rows",
        f"{seeds} at {table.scale}" if table.scale else seeds,
        *([cost] if cost else []),
    ]
    return f"{table.title} ({', '.join(facts)})"


def _run(
    options: argparse.Namespace,
    table: Table,
    scale: str,
    jobs: Sequence[Job],
    places: Places,
    runner: Runner,
    again: Sequence[str],
    extra: Sequence[str],
) -> int:
    publish = AtMostEvery(SECONDS_BETWEEN_PAGES, partial(write_table, table, places, scale))
    try:
        with sigterm_as_interrupt():
            if options.launcher == "ray":
                behind = ["--", *extra] if extra else []
                endings = run_with_ray(
                    jobs, lambda job: [*again, "--job", job.name, *behind], places.records, publish, _say,
                    runner.threads or 1,
                )  # fmt: skip
            else:
                endings = reproduce(jobs, places.records, runner, publish)
    except KeyboardInterrupt:
        _say("stopped; the same command goes on where it was")
        return INTERRUPTED
    finally:
        publish.finish()
    return _told(endings, places)


def _told(endings: Mapping[str, Ending], places: Places) -> int:
    failed = [name for name, ending in endings.items() if ending == "failed"]
    blocked = [name for name, ending in endings.items() if ending == "blocked"]
    _say(f"page: {places.page}, for a browser: {places.html}")
    if failed:
        _say(f"{len(failed)} of {len(endings)} runs failed: {', '.join(failed)}; their last lines are on the page")
    if blocked:
        _say(f"{len(blocked)} not run, because a stage failed: {', '.join(blocked)}")
    return 1 if failed or blocked else 0


def _slurm(
    options: argparse.Namespace, jobs: Sequence[Job], places: Places, again: Sequence[str], extra: Sequence[str]
) -> int:
    wanted = to_do(jobs)
    if not wanted:
        print("all runs are complete")
        return 0
    script = write_slurm(wanted, places.own / "slurm", again, extra, options.threads or 1, shlex.split(options.sbatch))
    print(submit(script) if options.submit else f"bash {script}   # hands {len(wanted)} jobs to Slurm")
    return 0


def _environment(data: Path | None) -> dict[str, str]:
    if data is None:
        return {}
    if not data.is_dir():
        raise UserError(f"no folder {data} for --data: name the one that holds the data sets")
    return {"SEPCL_DATA": str(data.resolve())}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
