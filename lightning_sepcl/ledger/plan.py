"""What a table asks for: one job per row, seed and value of `each`, with its two command lines."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.table import Row, Table

SCALES = Path("experiments/scales")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a table.

    Attributes:
        row: the row's name.
        seed: of everything in the run.
        name: of the run, such as `simclr-s0` or `simclr-s0-test_fold2`.
        run_dir: where the run lives.
        fit: arguments of `sepcl`.
        test: arguments of `sepcl`.
        recipe_sha256: of all YAML files and arguments that make the run, without seed and value of `each`.
    """

    row: str
    seed: int
    name: str
    run_dir: Path
    fit: tuple[str, ...]
    test: tuple[str, ...]
    recipe_sha256: str


def jobs_of(
    table: Table,
    seeds: Sequence[int],
    runs_dir: Path,
    extra: Sequence[str] = (),
    scale: str = "",
    only: Sequence[str] = (),
) -> list[Job]:
    """Every run of a table: all rows with the first seed, then with the next, so that a stop leaves whole seeds.

    Args:
        table: what is wanted.
        seeds: of the runs.
        runs_dir: runs live in `runs_dir/<table>/<job>`.
        extra: arguments for every fit, after those of the row.
        scale: name of a file in experiments/scales, put after the row's own files; empty for none.
        only: names of rows; empty for all.

    Raises:
        LedgerError: `only` names a row the table has not, or there is no such scale.
    """
    for name in only:
        if name not in table.rows:
            raise unknown_name(name, table.rows, f"--only for {table.path}")
    rows = [row for row in table.rows.values() if not only or row.name in only]
    scales = (_scale_file(scale),) if scale else ()
    return [
        _job(row, seed, variation, runs_dir / table.name, scales, extra)
        for seed in seeds
        for row in rows
        for variation in variations(row)
    ]


def variations(row: Row) -> list[tuple[tuple[str, Any], ...]]:
    """All combinations of the row's `each`, as (argument, value) pairs; one empty combination where it has none."""
    return [tuple(zip(row.each, values, strict=True)) for values in itertools.product(*row.each.values())]


def job_name(row: str, seed: int, variation: tuple[tuple[str, Any], ...]) -> str:
    """Name of a run, safe as a file name.

    >>> job_name("simclr", 0, (("data.test_fold", 2),))
    'simclr-s0-test_fold2'
    """
    ends = [f"-{argument.rpartition('.')[2]}{value}" for argument, value in variation]
    return f"{row}-s{seed}" + re.sub(r"[^A-Za-z0-9._-]", "_", "".join(ends))


def recipe_hash(files: Sequence[Path], args: Sequence[str]) -> str:
    """sha256 over YAML files, the YAML files they name, and arguments: it changes when the experiment does."""
    digest = hashlib.sha256()
    seen: set[Path] = set()
    for file in files:
        for path in _with_named_files(file, seen):
            digest.update(path.read_bytes() + b"\0")
    digest.update("\0".join(args).encode())
    return digest.hexdigest()


def _job(
    row: Row,
    seed: int,
    variation: tuple[tuple[str, Any], ...],
    folder: Path,
    scales: Sequence[Path],
    extra: Sequence[str],
) -> Job:
    name = job_name(row.name, seed, variation)
    files = [*row.experiment, *scales]
    configs = [part for file in files for part in ("--config", str(file))]
    varied = [f"--{argument}={value}" for argument, value in variation]
    run = str(folder / name)
    fit = ["fit", *configs, "--seed_everything", str(seed), "--run", run, "--resume", *row.args, *varied, *extra]
    recipe = recipe_hash(files, [*row.args, *extra])
    return Job(row.name, seed, name, folder / name, tuple(fit), ("test", "--run", run), recipe)


def _scale_file(name: str) -> Path:
    path = SCALES / f"{name}.yaml"
    if not path.is_file():
        raise unknown_name(name, [p.stem for p in SCALES.glob("*.yaml")], f"no scale file {path}")
    return path


def _with_named_files(path: Path, seen: set[Path]) -> Iterator[Path]:
    if path.resolve() in seen:
        return
    seen.add(path.resolve())
    yield path
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LedgerError(f"experiment {path} is broken YAML: {' '.join(str(error).split())}") from None
    for text in _strings_in(content):
        if text.endswith((".yaml", ".yml")) and (path.parent / text).is_file():
            yield from _with_named_files(path.parent / text, seen)


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
