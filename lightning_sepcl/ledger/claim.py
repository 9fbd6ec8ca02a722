"""A claim of a table: a relation between two of its figures that the seeds can confirm or contradict."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lightning_sepcl.ledger.errors import LedgerError

CHANCE = "chance"

RELATION = re.compile(r"\s*(?P<left>\S+)\s*(?P<sign>[<>])\s*(?P<right>\S+)\s*")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a table, by name.

    Attributes:
        line: a row or a baseline.
        column: a column.
    """

    line: str
    column: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`left` is larger (or smaller) than `right`, by more than `margin`.

    Attributes:
        name: its key in the table file.
        says: the claim in words.
        test: the relation as written.
        left: the figure the claim is about.
        larger: True for `>`, False for `<`.
        right: another figure, a number, or `chance` (of the left figure).
        margin: how much the difference must exceed, in units of the figure; 0 for any difference.
    """

    name: str
    says: str
    test: str
    left: Figure
    larger: bool
    right: Figure | float | str
    margin: float = 0.0


def parse_claim(name: str, says: str, test: str, margin: float, where: str) -> Claim:
    """A claim from its relation, such as `simclr.linear_accuracy > untrained.linear_accuracy`.

    Raises:
        LedgerError: the relation cannot be read; the message names `where`.
    """
    match = RELATION.fullmatch(test)
    if match is None:
        raise LedgerError(f"{where}: `test: {test}` should read `row.column > row.column`, `> 0.5` or `> chance`")
    left = _figure(match["left"], where)
    right = match["right"]
    other: Figure | float | str
    if right == CHANCE:
        other = CHANCE
    elif NUMBER.fullmatch(right):
        other = float(right)
    else:
        other = _figure(right, where)
    return Claim(name, says, test, left, match["sign"] == ">", other, margin)


def _figure(text: str, where: str) -> Figure:
    line, dot, column = text.partition(".")
    if not (line and dot and column):
        raise LedgerError(f"{where}: `{text}` is no figure, write `row.column`")
    return Figure(line, column)
