"""`sepcl reproduce TABLE.yaml`: runs every row of a table with every seed and writes the page."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from lightning_sepcl.ledger.page import records_folder, write_page
from lightning_sepcl.ledger.plan import Job, jobs_of
from lightning_sepcl.ledger.runner import PROGRAM, Ending, Runner, copy_record, is_complete
from lightning_sepcl.ledger.table import Table
from lightning_sepcl.ledger.table_file import find_table, read_table

RUNS = Path("runs/tables")
PAGES = Path("docs/results")
INTERRUPTED = 130
"""Exit status of a program ended by Ctrl-C, as shells have it."""


def reproduce_main(args: list[str], program: Sequence[str] = PROGRAM) -> int:
    """Runs `sepcl reproduce` with its arguments; returns the exit status: 0 when every run is complete.

    Raises:
        UserError: the table, a record or an argument is wrong.
    """
    own, extra = _split(args)
    options = _parser().parse_args(own)
    table = read_table(find_table(options.table))
    if options.seeds is not None:
        table = replace(table, seeds=tuple(range(options.seeds)))
    out = options.out or PAGES / f"{table.name}.md"
    if options.page_only:
        write_page(table, out)
        print(out)
        return 0
    only = [name for name in options.only.split(",") if name]
    jobs = jobs_of(table, table.seeds, options.runs, extra, options.scale, only)
    if options.dry_run:
        print("\n".join(commands(jobs)))
        return 0
    call = _call(table, options.scale, extra)
    runner = Runner(options.jobs, options.threads, call, program, say=_say)
    return _run(runner, table, jobs, out)


def reproduce(table: Table, jobs: Sequence[Job], out: Path, runner: Runner) -> dict[str, Ending]:
    """Runs `jobs`; after each one copies its record beside the page and rewrites the page.

    Returns:
        How each job ended, by its name.
    """
    records = records_folder(out, table)

    def done(job: Job) -> None:
        copy_record(job, records)
        write_page(table, out)

    write_page(table, out)
    return runner.run(jobs, done)


def commands(jobs: Sequence[Job]) -> list[str]:
    """The command lines of jobs, as one would type them; those already complete are marked."""
    lines = []
    for job in jobs:
        mark = "  # complete already" if is_complete(job) else ""
        lines += [shlex.join(["sepcl", *stage]) + mark for stage in (job.fit, job.test)]
    return lines


def _run(runner: Runner, table: Table, jobs: Sequence[Job], out: Path) -> int:
    try:
        with _sigterm_as_interrupt():
            endings = reproduce(table, jobs, out, runner)
    except KeyboardInterrupt:
        _say("stopped; the same command goes on where it was")
        return INTERRUPTED
    failed = [name for name, ending in endings.items() if ending not in ("complete", "skipped")]
    _say(f"page: {out}")
    if failed:
        _say(f"{len(failed)} of {len(jobs)} runs failed: {', '.join(failed)}; their last lines are on the page")
    return 1 if failed else 0


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Within it a SIGTERM ends the subprocesses as Ctrl-C does, instead of leaving them behind."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    at = list(args).index("--") if "--" in args else len(args)
    return list(args[:at]), list(args[at + 1 :])


def _call(table: Table, scale: str, extra: Sequence[str]) -> str:
    parts = ["sepcl", "reproduce", str(table.path), "--seeds", str(len(table.seeds))]
    parts += ["--scale", scale] if scale else []
    return shlex.join(parts + (["--", *extra] if extra else []))


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sepcl reproduce",
        description="Run every row of a table with every seed, and write the page. What is complete is not run again.",
        epilog="Arguments after `--` go to every `sepcl fit`.",
    )
    parser.add_argument("table", help="table file, or its name below experiments/tables, such as scenes/table4")
    parser.add_argument("--seeds", type=_count, help="how many; 3 means 0, 1, 2 (default: as the table says)")
    parser.add_argument("--scale", default="", help="a file of experiments/scales, such as mini")
    parser.add_argument("--only", default="", help="rows to run, separated by commas")
    parser.add_argument("--out", type=Path, help="the page (default: docs/results/<table>.md)")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the runs (default: runs/tables)")
    parser.add_argument("--jobs", type=_count, default=1, help="runs at once (default: 1)")
    parser.add_argument("--threads", type=_count, help="processor threads of a run (default: all, shared between jobs)")
    parser.add_argument("--dry-run", action="store_true", help="print the command lines and stop")
    parser.add_argument(
        "--page-only", action="store_true", help="write the page from the records beside it, run nothing"
    )
    return parser
