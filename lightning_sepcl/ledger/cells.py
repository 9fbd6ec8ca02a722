"""The figures of a table, looked up in the records of its runs: one value per line, column and seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lightning_sepcl.ledger.interval import Interval, mean, standard_deviation, t_interval
from lightning_sepcl.ledger.plan import job_name, stage_job_name, variations
from lightning_sepcl.ledger.run_record import RunRecord, read_record
from lightning_sepcl.ledger.table import Column, Line, Run, Table

MIN_SEEDS = 3
"""Fewer decide nothing and have no interval."""

SEED = re.compile(r".*-s(\d+)(-.*)?")


@dataclass(frozen=True, slots=True)
class Cell:
    """What the runs say about one line and column.

    Attributes:
        by_seed: the figure of each seed that has it; a mean over the values of `each`, where the table has some.
        chance: of each of these seeds; NaN where unknown.
    """

    by_seed: dict[int, float]
    chance: dict[int, float]

    @property
    def mean(self) -> float:
        """Over seeds; NaN where nothing was run."""
        return mean(list(self.by_seed.values()))

    @property
    def spread(self) -> float:
        """Standard deviation over seeds; NaN for fewer than two."""
        return standard_deviation(list(self.by_seed.values()))

    @property
    def interval(self) -> Interval | None:
        """95 % t interval of the mean over seeds; None for too few: of two seeds it would be as wide as the scale."""
        return t_interval(list(self.by_seed.values())) if len(self.by_seed) >= MIN_SEEDS else None


def load_records(table: Table, records_dir: Path) -> dict[str, RunRecord]:
    """The records of the table's jobs by name, stages first, of every seed that is found.

    Raises:
        LedgerError: a record is broken.
    """
    paths = {path.stem: path for path in records_dir.glob("*.json")}
    return {name: read_record(paths[name]) for name in names_of(table, seeds_in(list(paths))) if name in paths}


def names_of(table: Table, seeds: Sequence[int]) -> Iterator[str]:
    """Names of all jobs of a table: stages, then rows."""
    for stage in table.stages.values():
        yield from dict.fromkeys(stage_job_name(stage, seed) for seed in (0, *seeds))
    for run in table.runs():
        for seed in seeds:
            yield from (job_name(run.name, seed, variation) for variation in variations(run))


def seeds_in(names: Sequence[str]) -> list[int]:
    """Seeds of runs, from their names."""
    found = (SEED.fullmatch(name) for name in names)
    return sorted({int(match[1]) for match in found if match})


def records_of(run: str, records: Mapping[str, RunRecord]) -> dict[str, RunRecord]:
    """The records of one run of a row, or of a stage: of all its seeds and values of `each`."""
    of_run = re.compile(rf"{re.escape(run)}-s\d+(-.*)?")
    return {name: record for name, record in records.items() if of_run.fullmatch(name)}


def cell(table: Table, line: Line, column: Column, records: Mapping[str, RunRecord]) -> Cell:
    """The figures of one line and column. A seed counts when all values of `each` are there, else it is left out."""
    if line.combine != "first":
        each = [cell(table, replace(line, rows=(row,), combine="first"), column, records) for row in line.rows]
        return _combined([one for one in each if one.by_seed], mean if line.combine == "mean" else max)
    values: dict[int, float] = {}
    chances: dict[int, float] = {}
    for seed in seeds_in(list(records)):
        for run in (table.rows[row].runs.get(column.run) for row in line.rows):
            found = _figures(run, seed, line, column, records) if run else []
            if found:
                values[seed], chances[seed] = (mean(several) for several in zip(*found, strict=True))
                break
    return Cell(values, chances)


def _combined(cells: Sequence[Cell], combine: Callable[[list[float]], float]) -> Cell:
    """Of all rows that were run at all; a seed counts when every one of them has it."""
    seeds = sorted(set[int]().union(*(one.by_seed for one in cells)))
    whole = [seed for seed in seeds if all(seed in one.by_seed for one in cells)]
    values = {seed: combine([one.by_seed[seed] for one in cells]) for seed in whole}
    return Cell(values, {seed: mean([one.chance[seed] for one in cells]) for seed in whole})


def _figures(
    run: Run, seed: int, line: Line, column: Column, records: Mapping[str, RunRecord]
) -> list[tuple[float, float]]:
    """Value and chance for each value of `each`; empty where one of them is missing."""
    found = []
    for variation in variations(run):
        record = records.get(job_name(run.name, seed, variation))
        figure = None if record is None or record.status != "complete" else _figure(record, line, column)
        if figure is None:
            return []
        found.append(figure)
    return found


def _figure(record: RunRecord, line: Line, column: Column) -> tuple[float, float] | None:
    if column.curve:
        curve = record.curves.get(column.curve, {})
        return (mean(list(curve.values())), math.nan) if curve else None
    wanted = line.what if line.insists else column.what or line.what, column.metric
    found = [r for r in record.results if (r.what, r.metric) == wanted and not math.isnan(r.value)]
    return (found[0].value, found[0].chance) if found else None
