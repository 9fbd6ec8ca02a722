"""A claim of a table: relations between its figures that the seeds can confirm or contradict.

a.qbe > b.qbe                   an ordering; `>=`, `<` and `<=` too
a.qbe > b.qbe > c.qbe           the same of each pair of neighbours
a.qbe > 0.5, a.qbe > chance     against a number, or what a representation that knows nothing reaches
|a.qbe - b.qbe| <= 0.003        about equal
|a.qbe - b.qbe - 0.03| <= 0.01  larger by about 0.03
row.joint > row.simclr          with `over: rows`, in every row
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from lightning_sepcl.ledger.errors import LedgerError

CHANCE = "chance"
EACH_ROW = "row"
"""Stands in a claim that has `over` for each of these rows in turn."""

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
ORDER = re.compile(r"\s*(>=|<=|>|<)\s*")
ABOUT = re.compile(
    r"\|\s*(?P<left>\S+)\s+-\s+(?P<right>\S+?)(\s+(?P<side>[-+])\s+(?P<shift>\S+?))?\s*\|\s*<=?\s*(?P<within>\S+)"
)
READS = "`a.x > b.x` (or >=, <, <=, a longer chain, a number, chance) or `|a.x - b.x| <= 0.01`"

Sign = Literal[">", ">=", "<", "<=", "about"]
SIGNS: dict[str, Sign] = {">": ">", ">=": ">=", "<": "<", "<=": "<="}


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
class Relation:
    """Two figures and what is said of their difference.

    Attributes:
        test: as written; of a chain, this pair.
        left: the figure it is about.
        sign: `about` for a difference near `shift`.
        right: another figure, a number, or `chance` (of the left figure).
        shift: expected difference left - right of `about`, in units of the figure.
        within: how far the difference of `about` may be from `shift`, in units of the figure.
    """

    test: str
    left: Figure
    sign: Sign
    right: Figure | float | str
    shift: float = 0.0
    within: float = 0.0

    def figures(self) -> tuple[Figure, ...]:
        """The one or two figures that are compared."""
        return (self.left, self.right) if isinstance(self.right, Figure) else (self.left,)

    def of_row(self, row: str) -> Relation:
        """The same about `row` where it speaks of each row."""
        test = re.sub(rf"(?<![\w.-]){EACH_ROW}\.", f"{row}.", self.test)
        right = _of_row(self.right, row) if isinstance(self.right, Figure) else self.right
        return replace(self, test=test, left=_of_row(self.left, row), right=right)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a paper as relations; it holds where all of them hold.

    Attributes:
        name: its key in the table file.
        says: the claim in words.
        tests: as written.
        relations: the pairs of figures that `tests` compare.
        over: rows that stand for `row`, one after the other; empty for a claim that names its rows.
        margin: how much the difference of an ordering must exceed, in units of the figure; 0 for any difference.
    """

    name: str
    says: str
    tests: tuple[str, ...]
    relations: tuple[Relation, ...]
    over: tuple[str, ...] = ()
    margin: float = 0.0

    def cases(self) -> dict[str, tuple[Relation, ...]]:
        """The relations by row of `over`; under an empty name for a claim without."""
        if not self.over:
            return {"": self.relations}
        return {row: tuple(relation.of_row(row) for relation in self.relations) for row in self.over}


def parse_relations(test: str, where: str) -> tuple[Relation, ...]:
    """The relations of a test: one for each pair of neighbours.

    Raises:
        LedgerError: it cannot be read; the message names `where`.
    """
    text = test.strip()
    if about := ABOUT.fullmatch(text):
        shift = _number(about["shift"], where) if about["shift"] else 0.0
        left, right = _figure(about["left"], where), _term(about["right"], where)
        within = _number(about["within"], where)
        return (Relation(text, left, "about", right, -shift if about["side"] == "+" else shift, within),)
    parts = ORDER.split(text)
    terms, signs = parts[::2], parts[1::2]
    if not signs or not all(terms) or any(" " in term for term in terms):
        raise LedgerError(f"{where}: `test: {test}` should read {READS}")
    if len({sign[0] for sign in signs}) > 1:
        raise LedgerError(f"{where}: `test: {test}` points both ways: write it as a list of two tests")
    return tuple(
        Relation(f"{left} {sign} {right}", _figure(left, where), SIGNS[sign], _term(right, where))
        for left, sign, right in zip(terms, signs, terms[1:], strict=False)
    )


def _term(text: str, where: str) -> Figure | float | str:
    if text == CHANCE:
        return CHANCE
    return float(text) if NUMBER.fullmatch(text) else _figure(text, where)


def _number(text: str, where: str) -> float:
    if not NUMBER.fullmatch(text):
        raise LedgerError(f"{where}: `{text}` should be a number, as in `|a.x - b.x| <= 0.01`")
    return float(text)


def _figure(text: str, where: str) -> Figure:
    line, dot, column = text.partition(".")
    if not (line and dot and column) or NUMBER.fullmatch(text):
        raise LedgerError(f"{where}: `{text}` is no figure, write `row.column`")
    return Figure(line, column)


def _of_row(figure: Figure, row: str) -> Figure:
    return replace(figure, line=row) if figure.line == EACH_ROW else figure
