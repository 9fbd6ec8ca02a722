"""The figures of a table, looked up in the records of its runs: one value per line, column and seed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.ledger.interval import mean, standard_deviation
from lightning_sepcl.ledger.plan import job_name, variations
from lightning_sepcl.ledger.run_record import RunRecord, read_record
from lightning_sepcl.ledger.table import Column, Line, Row, Table
from lightning_sepcl.records import Result

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


def load_records(table: Table, records_dir: Path) -> dict[str, RunRecord]:
    """The records of the table's runs by name of the run, of every seed that is found.

    Raises:
        LedgerError: a record is broken.
    """
    records = {}
    for path in sorted(records_dir.glob("*.json"), key=_natural):
        if path.stem in set(names_of(table, seeds_in([path.stem]))):
            records[path.stem] = read_record(path)
    return records


def names_of(table: Table, seeds: Sequence[int]) -> Iterator[str]:
    """Names of all runs of a table."""
    for row in table.rows.values():
        for seed in seeds:
            yield from (job_name(row.name, seed, variation) for variation in variations(row))


def seeds_in(names: Sequence[str]) -> list[int]:
    """Seeds of runs, from their names."""
    found = (SEED.fullmatch(name) for name in names)
    return sorted({int(match[1]) for match in found if match})


def cell(table: Table, line: Line, column: Column, records: Mapping[str, RunRecord]) -> Cell:
    """The figures of one line and column. A seed counts when all values of `each` are there, else it is left out."""
    values: dict[int, float] = {}
    chances: dict[int, float] = {}
    for seed in seeds_in(list(records)):
        for row in line.rows:
            results = _results(table.rows[row], seed, column.what or line.what, column.metric, records)
            if results:
                values[seed] = mean([r.value for r in results])
                chances[seed] = mean([r.chance for r in results])
                break
    return Cell(values, chances)


def _results(row: Row, seed: int, what: str, metric: str, records: Mapping[str, RunRecord]) -> list[Result]:
    results = []
    for variation in variations(row):
        record = records.get(job_name(row.name, seed, variation))
        if record is None or record.status != "complete":
            return []
        found = [r for r in record.results if (r.what, r.metric) == (what, metric) and not math.isnan(r.value)]
        if not found:
            return []
        results.append(found[0])
    return results


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.stem)]
