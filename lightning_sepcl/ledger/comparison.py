"""Each figure of a table beside the published one: what the page's table and its picture are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lightning_sepcl.ledger.cells import Cell, cell
from lightning_sepcl.ledger.interval import mean
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Column, Line, Table


@dataclass(frozen=True, slots=True)
class Compared:
    """One line and column.

    Attributes:
        line: of the table.
        column: of the table.
        ours: our figures.
        published: of the paper; NaN where it has none.
    """

    line: Line
    column: Column
    ours: Cell
    published: float


def compared(table: Table, records: Mapping[str, RunRecord]) -> list[list[Compared]]:
    """A list for each line, with an entry for each column."""
    return [
        [
            Compared(line, column, cell(table, line, column, records), line.paper.get(name, math.nan))
            for name, column in table.columns.items()
        ]
        for line in table.lines()
    ]


def best_mean(rows: list[list[Compared]], at: int) -> float:
    """Our best figure of column `at`; NaN where there are fewer than two to compare."""
    known = [row[at].ours.mean for row in rows if row[at].ours.by_seed]
    if len(known) < 2:
        return math.nan
    return max(known) if rows[0][at].column.better == "higher" else min(known)


def mean_chance(rows: list[list[Compared]], at: int) -> float:
    """What a representation that knows nothing reaches in column `at`; NaN where unknown."""
    return mean([c for row in rows for c in row[at].ours.chance.values() if not math.isnan(c)])
