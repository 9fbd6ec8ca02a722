"""A table of results as data: columns, rows with their experiments, what rows need first, claims to be judged.

    title: Does the loss learn anything?
    seeds: 3
    columns:
      linear: {heading: linear probe, metric: linear_accuracy}
    rows:
      simclr: {label: SimCLR, experiment: experiments/demo.yaml, paper: {linear: 0.81}}
    baselines:
      untrained: {label: same encoder untrained, what: untrained embedding}
    claims:
      learns: {says: training beats the untrained encoder, test: simclr.linear > untrained.linear}

A row may have several runs, and each column then names the run it reads; `stages` are jobs that rows need first. All
keys: docs/reproduce.md. A baseline costs no run: it is read from the results of any row's runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.ledger.claim import Claim
from lightning_sepcl.ledger.curve_section import Curves


@dataclass(frozen=True, slots=True)
class Column:
    """One figure per row.

    Attributes:
        name: its key, used in claims.
        heading: over the column; the name by default.
        metric: of Result; the name by default.
        curve: instead of a metric, the name of a learning curve: the figure is its mean over the run, which is the
            larger the sooner it rises.
        what: representation whose figure is shown; empty: that of the row. Baselines keep their own.
        run: which of a row's runs it reads; empty for rows with a single one.
        better: which end is good.
        decimals: digits behind the point.
    """

    name: str
    heading: str
    metric: str
    curve: str = ""
    what: str = ""
    run: str = ""
    better: Literal["higher", "lower"] = "higher"
    decimals: int = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment of a row, run once per seed (and per value of `each`).

    Attributes:
        name: in the names of jobs: the row, or `row.run` where the row has several.
        row: the row's name.
        experiment: YAML files, later ones win; `{scale}` in a path stands for the scale.
        args: further arguments of `sepcl fit`; `{stage}` stands for the folder of a stage.
        needs: names of stages.
        each: values that an argument takes in turn.
        scales: at which it is run; None: at all.
    """

    name: str
    row: str
    experiment: tuple[Path, ...]
    args: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    each: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    scales: tuple[str, ...] | None = None

    def at(self, scale: str) -> bool:
        """Whether it is run at a scale; without any scale everything is."""
        return self.scales is None or not scale or scale in self.scales


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the paper's table.

    Attributes:
        name: its key, used in claims.
        label: on the page.
        runs: by key; one under an empty key for a row with a single experiment; none for published figures alone.
        what: representations to show, one line each; claims about the row mean the first.
        note: a remark under the table.
        paper: published figures by column, shown beside ours.
    """

    name: str
    label: str
    runs: dict[str, Run]
    what: tuple[str, ...] = ("embedding",)
    note: str = ""
    paper: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A job that rows need first: a training without test, or any command of `sepcl`.

    Attributes:
        name: its key; `{name}` in arguments stands for its folder.
        folder: below the runs' folder, shared by all tables that read the stages from one file.
        experiment: YAML files of `sepcl fit`; empty for a command.
        args: further arguments of `sepcl fit`.
        command: arguments of `sepcl`; empty for a training.
        needs: names of stages.
        per: run once for each seed, or once for the table, with seed 0.
        test: whether `sepcl test` follows the training.
    """

    name: str
    folder: str
    experiment: tuple[Path, ...] = ()
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    per: Literal["seed", "table"] = "seed"
    test: bool = False


@dataclass(frozen=True, slots=True)
class Baseline:
    """A line that needs no run of its own.

    Attributes:
        name: its key, used in claims.
        label: on the page.
        what: representation in the results of the rows' runs.
        row: the row whose runs are asked; empty: the first row, in order, that has the figure.
        paper: published figures by column, shown beside ours.
    """

    name: str
    label: str
    what: str
    row: str = ""
    paper: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the printed table: a representation, looked up in the runs of `rows`.

    Attributes:
        name: row, baseline or mean.
        label: on the page.
        what: representation.
        rows: names of rows.
        paper: published figures by column.
        combine: of several rows the first that has the figure, or their mean or best, seed by seed.
        insists: on its `what`, in columns that name another too; baselines do.
    """

    name: str
    label: str
    what: str
    rows: tuple[str, ...]
    paper: dict[str, float] = field(default_factory=dict)
    combine: Literal["first", "mean", "max"] = "first"
    insists: bool = False


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
        stages: by name, each after those it needs.
        scale: the default; empty for a table that is run as its experiments stand.
        scales: a sentence about each scale, for the page.
        cost: what a reader should expect at a scale, such as `2 h on 2 cores`.
        home: name of the table whose folders hold the runs and records; its own, unless it shows another's rows.
        pairs: what is tried alone and two by two, with its label, in order.
        sums: lines that sum several rows up.
        learning_curve: name of the learning curve that the picture shows; empty: it shows the figures.
        curves: how the picture is drawn where rows are points of lines; None: as rows.
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
    stages: dict[str, Stage] = field(default_factory=dict)
    scale: str = ""
    scales: dict[str, str] = field(default_factory=dict)
    cost: dict[str, str] = field(default_factory=dict)
    home: str = ""
    pairs: dict[str, str] = field(default_factory=dict)
    sums: tuple[Line, ...] = ()
    learning_curve: str = ""
    curves: Curves | None = None

    def runs(self) -> Iterator[Run]:
        """The runs of all rows, in order."""
        for row in self.rows.values():
            yield from row.runs.values()

    def lines(self) -> list[Line]:
        """The printed lines: baselines, then the rows, one line for each of their representations, then the sums."""
        every = tuple(self.rows)
        lines = [
            Line(b.name, b.label, b.what, (b.row,) if b.row else every, b.paper, insists=True)
            for b in self.baselines.values()
        ]
        for row in self.rows.values():
            for i, what in enumerate(row.what):
                label = f"{row.label}: {what}" if len(row.what) > 1 else row.label
                lines.append(Line(row.name, label, what, (row.name,), row.paper if i == 0 else {}))
        return [*lines, *self.sums]

    def line(self, name: str) -> Line:
        """The line that claims mean by `name`."""
        return next(line for line in self.lines() if line.name == name)
