"""A table of results as data: its columns, the experiment of each row, baselines, and claims that can be computed.

    title: Does the loss learn anything?
    about: A sentence or two for the reader of the page.
    seeds: 3
    each: {data.test_fold: [1, 2, 3, 4, 5]}           # optional: every row once per value; figures are means over them
    columns:
      linear_accuracy: {heading: linear probe}
      qbe_map: {heading: query by example}
    rows:
      simclr: {label: SimCLR, experiment: experiments/demo.yaml, what: embedding, args: [--trainer.max_steps=500]}
    baselines:
      untrained: {label: same encoder untrained, what: untrained embedding}
    claims:
      learns: {says: training beats the untrained encoder, test: simclr.linear_accuracy > untrained.linear_accuracy}

A baseline costs no run: it is read from the results of any row's runs by the name of its representation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.ledger.claim import Claim


@dataclass(frozen=True, slots=True)
class Column:
    """One figure per row.

    Attributes:
        name: its key, used in claims.
        heading: over the column; the name by default.
        metric: of Result; the name by default.
        what: representation whose figure is shown; empty: that of the row.
        better: which end is good.
        decimals: digits behind the point.
    """

    name: str
    heading: str
    metric: str
    what: str = ""
    better: Literal["higher", "lower"] = "higher"
    decimals: int = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment, run once per seed (and per value of `each`).

    Attributes:
        name: its key, used in claims and in the names of runs.
        label: on the page.
        experiment: YAML files, later ones win.
        args: further arguments of `sepcl fit`.
        what: representations to show, one line each; claims about the row mean the first.
        note: a remark under the table.
        paper: published figures by column, shown beside ours.
        each: values that an argument takes in turn.
    """

    name: str
    label: str
    experiment: tuple[Path, ...]
    args: tuple[str, ...] = ()
    what: tuple[str, ...] = ("embedding",)
    note: str = ""
    paper: dict[str, float] = field(default_factory=dict)
    each: dict[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A line that needs no run of its own.

    Attributes:
        name: its key, used in claims.
        label: on the page.
        what: representation in the results of the rows' runs.
        row: the row whose runs are asked; empty: the first row, in order, that has the figure.
    """

    name: str
    label: str
    what: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the printed table: a representation, looked up in the runs of `rows`, the first that has it.

    Attributes:
        name: row or baseline.
        label: on the page.
        what: representation.
        rows: names of rows.
    """

    name: str
    label: str
    what: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table file, read and checked.

    Attributes:
        path: of the file, as it was named.
        name: for folders and pages, such as `scenes-table4`.
        title: of the page.
        about: a paragraph for the reader.
        columns: by name, in order.
        rows: by name, in order.
        baselines: by name, in order.
        seeds: to run by default.
        claims: in order.
    """

    path: Path
    name: str
    title: str
    about: str
    columns: dict[str, Column]
    rows: dict[str, Row]
    baselines: dict[str, Baseline]
    seeds: tuple[int, ...]
    claims: tuple[Claim, ...]

    def lines(self) -> list[Line]:
        """The printed lines: baselines first, then the rows, one line for each of their representations."""
        every = tuple(self.rows)
        lines = [Line(b.name, b.label, b.what, (b.row,) if b.row else every) for b in self.baselines.values()]
        for row in self.rows.values():
            many = len(row.what) > 1
            lines += [Line(row.name, f"{row.label}: {w}" if many else row.label, w, (row.name,)) for w in row.what]
        return lines

    def line(self, name: str) -> Line:
        """The line that claims mean by `name`."""
        return next(line for line in self.lines() if line.name == name)
