"""The figures of an evaluation as one table: a row per representation, a column per metric."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lightning_sepcl.records import Result

PLAIN_WIDTH = 160
"""Columns of text where the output is no terminal: a log file can scroll sideways, a cut figure is lost."""


def results_table(results: Sequence[Result]) -> Table:
    """One row per representation in order of appearance; chance in the heading, the best of each column bold."""
    columns = list(dict.fromkeys((r.metric, _fit_free(r.protocol)) for r in results))
    cells = {(r.what, r.metric, _fit_free(r.protocol)): r for r in results}
    table = Table(title="Evaluation on the test clips")
    table.add_column("representation", no_wrap=True)
    best = {
        c: max((r.value for k, r in cells.items() if k[1:] == c and r.value == r.value), default=None) for c in columns
    }
    for column in columns:
        chance = next(r.chance for k, r in cells.items() if k[1:] == column)
        table.add_column(f"{column[0]}\n(chance {chance:.3f})", justify="right", no_wrap=True)
    for what in dict.fromkeys(r.what for r in results):
        table.add_row(escape(what), *(_cell(cells.get((what, *column)), best[column]) for column in columns))
    return table


def print_results(results: Sequence[Result]) -> None:
    """Print `results_table` to standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    console.print(results_table(results))


def _cell(result: Result | None, best: float | None) -> str:
    if result is None:
        return "-"
    return f"[bold]{result.value:.3f}[/bold]" if result.value == best else f"{result.value:.3f}"


def _fit_free(protocol: str) -> str:
    """The protocol without the penalty it chose, which differs from one representation to the next."""
    return protocol.split(", L2 penalty")[0]
