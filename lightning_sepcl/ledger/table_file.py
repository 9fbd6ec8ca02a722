"""Reading a table file: every key checked, every error one sentence with the place and the closest match."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.claim_section import read_claims
from lightning_sepcl.ledger.curve_section import read_curves
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.finding import table_name
from lightning_sepcl.ledger.pair_section import labels_of_pairs, pair_lines, with_pairs
from lightning_sepcl.ledger.row_section import read_rows
from lightning_sepcl.ledger.section import check_keys, check_names, file_content, named, published, sentences
from lightning_sepcl.ledger.shared_rows import with_shared_rows
from lightning_sepcl.ledger.stage_section import read_stages
from lightning_sepcl.ledger.table import Baseline, Column, Row, Table

KEYS = (
    *("title", "about", "seeds", "scale", "scales", "cost", "stages", "columns", "runs", "rows", "each"),
    *("baselines", "claims", "rows_of", "pairs", "learning_curve", "curves"),
)
COLUMN_KEYS = ("heading", "metric", "curve", "what", "run", "better", "decimals")
BASELINE_KEYS = ("label", "what", "row", "paper")


def read_table(path: Path) -> Table:
    """A table file as a Table.

    Raises:
        LedgerError: no such file, broken YAML, an unknown key, a missing one, a claim about a figure the table has not,
            stages in a circle, or an experiment that does not exist.
    """
    own = file_content(path)
    check_keys(own, KEYS, str(path))
    content, home = with_shared_rows(own, path)
    content = with_pairs(content, path)
    check_keys(content, KEYS, str(path), needed=("title", "columns", "rows"))
    pairs = labels_of_pairs(content, path)
    sums = pair_lines(pairs)
    columns = {name: _column(name, spec, path) for name, spec in named(content, "columns", str(path))}
    stages = read_stages(content, path)
    rows = read_rows(content, path, columns, stages)
    baselines = {n: _baseline(n, spec, path, rows, columns) for n, spec in named(content, "baselines", str(path))}
    for name in stages:
        if name in rows:
            raise LedgerError(f"{path}: stage and row `{name}` have the same name, rename one of them")
    scale = str(content.get("scale", "") or "")
    return Table(
        path=path,
        name=table_name(path),
        title=str(content["title"]),
        about=str(content.get("about", "")).strip(),
        columns=columns,
        rows=rows,
        baselines=baselines,
        seeds=_seeds(content.get("seeds", 3), path),
        claims=read_claims(content, path, rows, [*baselines, *(line.name for line in sums)], columns),
        stages=stages,
        scale=scale,
        scales=sentences(content.get("scales", {}), "scales", scale, str(path)),
        cost=sentences(content.get("cost", {}), "cost", scale, str(path)),
        home=home,
        pairs=pairs,
        sums=tuple(sums),
        learning_curve=str(content.get("learning_curve", "")),
        curves=read_curves(content, path, rows),
    )


def _column(name: str, spec: dict[str, Any], path: Path) -> Column:
    where = f"column `{name}` of {path}"
    check_keys(spec, COLUMN_KEYS, where)
    if spec.get("better", "higher") not in ("higher", "lower"):
        raise LedgerError(f"{where}: `better` is `higher` or `lower`, not `{spec['better']}`")
    return Column(name, **({"heading": name, "metric": name} | spec))


def _baseline(
    name: str, spec: dict[str, Any], path: Path, rows: Mapping[str, Row], columns: Mapping[str, Column]
) -> Baseline:
    where = f"baseline `{name}` of {path}"
    check_keys(spec, BASELINE_KEYS, where, needed=("what",))
    if name in rows:
        raise LedgerError(f"{where}: a row has the same name, rename one of them")
    if spec.get("row"):
        check_names([str(spec["row"])], rows, where)
    paper = published(spec.get("paper", {}), columns, where)
    return Baseline(name, **({"label": name} | spec | {"paper": paper}))


def _seeds(value: Any, path: Path) -> tuple[int, ...]:
    seeds = list(range(value)) if isinstance(value, int) else value
    if not isinstance(seeds, list) or not seeds or not all(isinstance(s, int) for s in seeds):
        raise LedgerError(f"{path}: `seeds` is how many (3 means 0, 1, 2) or a list of whole numbers, not `{value}`")
    return tuple(seeds)
