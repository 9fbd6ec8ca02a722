"""Run benchmarks and write docs/results/benchmarks.md: every figure as measured, every missed goal as missed.

What each measured is kept as docs/results/records/benchmarks/NAME.json; the page is made of all that are there, so that
one of them can be measured anew by itself.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness import HEADER, Row, cells

from lightning_sepcl.ledger.environment import Hardware, capture_environment
from lightning_sepcl.whole_file import whole_text

FOLDER = Path(__file__).resolve().parent
OUT = FOLDER.parent / "docs" / "results" / "benchmarks.md"
RECORDS = Path("records") / "benchmarks"
"""Beside the page."""
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
Written by `make bench`; no figure here is typed, inputs are drawn from fixed seeds. Ours and its peers take turns in
one process (programs: one after the other), after a warm-up; a figure is the median over the turns. The ratio is the
way round that its goal reads: a cost over the peer's (at most), or how many times faster (at least); rows without a
goal only inform. With one thread, goals are judged by CPU time, which other programs on the machine hardly disturb;
with more, and for start-up, by wall time."""


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's part of the page.

    Attributes:
        name: of its file.
        about: what its file says of itself.
        rows: what it measured.
        threads: of the numeric libraries.
        quick: whether it took a minute at most.
        date: of the measurement.
        environment: commit, machine and versions.
    """

    name: str
    about: str
    rows: Sequence[Row]
    threads: int
    quick: bool
    date: str
    environment: dict[str, Any]

    @property
    def title(self) -> str:
        """The file's name, and the number of threads unless it is one."""
        return self.name if self.threads == 1 else f"{self.name}, {self.threads} threads"

    @property
    def provenance(self) -> str:
        """Commit, date, and how it was measured."""
        changed = ", with uncommitted changes" if self.environment["dirty"] else ""
        quick = "; `--quick`" if self.quick else ""
        return f"commit {self.environment['commit'][:12]}{changed}; {self.date}; threads: {self.threads}{quick}"


def page(sections: Sequence[Section]) -> str:
    """The whole page as Markdown."""
    judged = [row for section in sections for row in section.rows if row.met is not None]
    missed = [row.name for row in judged if not row.met]
    verdict = f"{len(judged) - len(missed)} of {len(judged)} goals met"
    verdict += f"; missed: {', '.join(missed)}." if missed else "."
    parts = ["# Benchmarks", HOW, verdict]
    for section in sections:
        parts += [f"## {section.title}", section.about, _table(section.rows), f"*{section.provenance}*"]
    machines = dict.fromkeys(machine(section.environment) for section in sections)
    parts += ["## Machine and versions", "\n".join(f"- {line}" for line in machines)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> str:
    lines = [HEADER, ("---", "---:", "---:", "---", "---:", "---:", "---"), *(_marked(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _marked(row: Row) -> tuple[str, ...]:
    *others, verdict = cells(row)
    return *others, f"**{verdict.lower()}**" if row.met is False else verdict


def provenance(environment: dict[str, Any], threads: int, date: str, quick: bool) -> str:
    """Machine, versions and commit as a list, for pages of one measurement."""
    changed = ", with uncommitted changes" if environment["dirty"] else ""
    how = f"commit {environment['commit']}{changed}; {date}; threads: {threads}{'; `--quick`' if quick else ''}"
    return f"- {machine(environment)}\n- {how}"


def machine(environment: dict[str, Any]) -> str:
    """Machine and versions in a line."""
    has = environment["hardware"]
    has = has if isinstance(has, Hardware) else Hardware(**has)
    versions = ", ".join(f"{name} {number}" for name, number in environment["versions"].items())
    return f"{has.cpu}, {has.cores} cores, {has.memory_gib:g} GiB, GPU: {has.gpu}; {versions}"


def described() -> dict[str, Any]:
    """Commit, machine and versions, as JSON can hold them."""
    known = capture_environment()
    peers = {name: _version(name) for name in (*LIBRARIES, *PEERS)}
    named = {name: number for name, number in peers.items() if name in LIBRARIES or number != MISSING}
    return known | {"hardware": asdict(known["hardware"]), "versions": known["versions"] | named}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return MISSING


def measured(name: str, options: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one benchmark, run in a process of its own; its table appears as it would alone.

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
        found: list[dict[str, Any]] = json.loads(rows.read_text(encoding="utf-8"))
        return found


def measure(name: str, threads: int, quick: bool, record: Path) -> None:
    """Run one benchmark and keep what it measured."""
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    found = measured(name, ["--threads", str(threads), *(["--quick"] if quick else [])])
    known = {"threads": threads, "quick": quick, "date": date, "environment": described(), "rows": found}
    record.parent.mkdir(parents=True, exist_ok=True)
    whole_text(record, json.dumps(known, indent=1) + "\n")


def recorded(name: str, record: Path) -> Section:
    """A benchmark's section from what was kept of it."""
    about = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    known = json.loads(record.read_text(encoding="utf-8"))
    rows = [Row(**row) for row in known.pop("rows")]
    return Section(name, about, rows, **known)


def record_of(name: str, threads: int, out: Path) -> Path:
    """Where what a benchmark measured is kept."""
    return out.parent / RECORDS / (f"{name}.json" if threads == 1 else f"{name}.{threads}_threads.json")


def main(args: Sequence[str] | None = None) -> int:
    """Measure and write; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="benchmarks to run (default: all)")
    parser.add_argument("--quick", action="store_true", help="a minute for each benchmark at most")
    parser.add_argument("--page-only", action="store_true", help="write the page from what was measured before")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the libraries (default: 1)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="PATH", help="the page to write")
    given = parser.parse_args(args)
    if unknown := set(given.only) - set(BENCHMARKS):
        parser.error(f"no benchmark {sorted(unknown)[0]}; there are {', '.join(BENCHMARKS)}")
    for name in () if given.page_only else given.only or BENCHMARKS:
        measure(name, given.threads, given.quick, record_of(name, given.threads, given.out))
    folder = given.out.parent / RECORDS
    records = [(name, record) for name in BENCHMARKS for record in sorted(folder.glob(f"{name}.*json"))[::-1]]
    whole_text(given.out, page([recorded(name, record) for name, record in records]))
    print(f"\nwritten to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
