"""Run all benchmarks and write docs/results/benchmarks.md: every figure as measured, every missed goal as missed."""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness import HEADER, Row, cells

from lightning_sepcl.ledger.environment import capture_environment
from lightning_sepcl.whole_file import whole_text

FOLDER = Path(__file__).resolve().parent
OUT = FOLDER.parent / "docs" / "results" / "benchmarks.md"
BENCHMARKS = (
    "train_step",
    "loading",
    "shards",
    "augment",
    "features",
    "evaluation",
    "separation",
    "conditioning",
    "rooms",
    "spatial_features",
    "startup",
)
LIBRARIES = ("numpy", "scikit-learn", "soundfile", "webdataset")
PEERS = ("litdata", "mosaicml-streaming")
"""Named where they are installed."""
MISSING = "not installed"
HOW = """\
Written by `make bench`; no figure here is typed. Ours and its peers take turns in one process (programs: one after the
other), after a warm-up; a figure is the median over the turns. The ratio is the way round that its goal reads: a cost
over the peer's (at most), or how many times faster (at least); rows without a goal only inform. With one thread, goals
are judged by CPU time, which other programs on the machine hardly disturb; start-up by wall time."""


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's part of the page.

    Attributes:
        title: its file.
        about: what its file says of itself.
        rows: what it measured.
    """

    title: str
    about: str
    rows: Sequence[Row]


def page(sections: Sequence[Section], environment: dict[str, Any], threads: int, date: str, quick: bool) -> str:
    """The whole page as Markdown."""
    judged = [row for section in sections for row in section.rows if row.met is not None]
    missed = [row.name for row in judged if not row.met]
    verdict = f"{len(judged) - len(missed)} of {len(judged)} goals met"
    verdict += f"; missed: {', '.join(missed)}." if missed else "."
    parts = ["# Benchmarks", HOW, verdict]
    for section in sections:
        parts += [f"## {section.title}", section.about, _table(section.rows)]
    parts += ["## Machine and versions", provenance(environment, threads, date, quick)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> str:
    lines = [HEADER, ("---", "---:", "---:", "---", "---:", "---:", "---"), *(_marked(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _marked(row: Row) -> tuple[str, ...]:
    *others, verdict = cells(row)
    return *others, f"**{verdict.lower()}**" if row.met is False else verdict


def provenance(environment: dict[str, Any], threads: int, date: str, quick: bool) -> str:
    """Machine, versions and commit, as a list."""
    machine = environment["hardware"]
    changed = ", with uncommitted changes" if environment["dirty"] else ""
    known = {name: _version(name) for name in (*LIBRARIES, *PEERS)}
    known = {name: number for name, number in known.items() if name in LIBRARIES or number != MISSING}
    versions = environment["versions"] | known
    return "\n".join(
        [
            f"- {machine.cpu}, {machine.cores} cores, {machine.memory_gib:g} GiB, GPU: {machine.gpu}",
            f"- threads of the numeric libraries: {threads}",
            f"- {', '.join(f'{name} {number}' for name, number in versions.items())}",
            f"- commit {environment['commit']}{changed}; {date}{'; `--quick`' if quick else ''}",
        ]
    )


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return MISSING


def measured(name: str, options: Sequence[str]) -> Section:
    """Run one benchmark in a process of its own; its table appears as it would alone.

    Raises:
        SystemExit: it failed.
    """
    script = FOLDER / f"{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        print(f"\n{name}", flush=True)
        status = subprocess.run([sys.executable, str(script), *options, "--json", str(rows)], check=False).returncode
        if status:
            raise SystemExit(f"{script.name} ended with status {status}; the page was not written")
        return section_of(name, rows.read_text(encoding="utf-8"))


def section_of(name: str, rows: str) -> Section:
    """A benchmark's section from its JSON text."""
    about = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return Section(name, about, [Row(**row) for row in json.loads(rows)])


def main(args: Sequence[str] | None = None) -> int:
    """Measure and write; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute for each benchmark at most")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the libraries (default: 1)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="PATH", help="the page to write")
    given = parser.parse_args(args)
    options = ["--threads", str(given.threads), *(["--quick"] if given.quick else [])]
    environment = capture_environment()
    sections = [measured(name, options) for name in BENCHMARKS]
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    whole_text(given.out, page(sections, environment, given.threads, date, given.quick))
    print(f"\nwritten to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
