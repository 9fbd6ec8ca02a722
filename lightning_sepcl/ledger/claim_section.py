"""The `claims` of a table file, checked against the rows and columns they speak of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.claim import EACH_ROW, Claim, Relation, parse_relations
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.section import check_keys, check_names, named, strings
from lightning_sepcl.ledger.table import Column, Row

KEYS = ("says", "test", "margin", "over")


def read_claims(
    content: Mapping[str, Any],
    path: Path,
    rows: Mapping[str, Row],
    baselines: Collection[str],
    columns: Mapping[str, Column],
) -> tuple[Claim, ...]:
    """The claims of a table, in order.

    Raises:
        LedgerError: a test that cannot be read, or a figure the table has not.
    """
    claims = []
    for name, spec in named(content, "claims", str(path)):
        where = f"claim `{name}` of {path}"
        claim = _claim(name, spec, where, rows, columns)
        known = [*rows, *baselines, *([EACH_ROW] if claim.over else [])]
        for figure in (figure for relation in claim.relations for figure in relation.figures()):
            check_names([figure.line], known, where)
            check_names([figure.column], columns, where)
        claims.append(claim)
    return tuple(claims)


def _claim(
    name: str, spec: dict[str, Any], where: str, rows: Mapping[str, Row], columns: Mapping[str, Column]
) -> Claim:
    check_keys(spec, KEYS, where, needed=("says", "test"))
    tests = strings(spec["test"])
    relations = tuple(relation for test in tests for relation in parse_relations(test, where))
    margin = spec.get("margin", 0.0)
    if isinstance(margin, bool) or not isinstance(margin, int | float):
        raise LedgerError(f"{where}: `margin: {margin}` should be a number")
    over = _over(spec.get("over", []), relations, where, rows, columns)
    speaks_of_each = any(figure.line == EACH_ROW for relation in relations for figure in relation.figures())
    if over and not speaks_of_each:
        raise LedgerError(f"{where}: `over` needs a test of `row`, such as `row.{next(iter(columns))} > 0.5`")
    if speaks_of_each and not over and EACH_ROW not in rows:
        raise LedgerError(f"{where}: a test of `row` needs `over: rows`, or a list of rows")
    return Claim(name, str(spec["says"]), tests, relations, over, float(margin))


def _over(
    value: Any, relations: tuple[Relation, ...], where: str, rows: Mapping[str, Row], columns: Mapping[str, Column]
) -> tuple[str, ...]:
    if value != "rows":
        names = strings(value)
        check_names(names, rows, f"{where}, over")
        return names
    asked = {figure.column for relation in relations for figure in relation.figures() if figure.line == EACH_ROW}
    check_names(asked, columns, where)
    return tuple(n for n, row in rows.items() if row.runs and all(columns[c].run in ("", *row.runs) for c in asked))
