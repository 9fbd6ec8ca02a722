"""The `rows` of a table file: each with one experiment, with several runs, or with published figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.section import (
    check_keys,
    check_names,
    experiments,
    named,
    published,
    strings,
    values_in_turn,
)
from lightning_sepcl.ledger.stage_section import check_needs
from lightning_sepcl.ledger.table import Column, Row, Run, Stage

RUN_KEYS = ("experiment", "args", "needs", "each", "scales")
KEYS = (*RUN_KEYS, "label", "runs", "what", "note", "paper")


def read_rows(
    content: Mapping[str, Any], path: Path, columns: Mapping[str, Column], stages: Mapping[str, Stage]
) -> dict[str, Row]:
    """The rows of a table by name.

    What a run is made of comes from the general to the special: `runs` of the table, then the row, then the row's own
    `runs`; experiments and arguments are appended, so that later ones win.

    Raises:
        LedgerError: a wrong key, an unknown name, or a file that does not exist.
    """
    rows = {name: _row(name, spec, content, path, columns, stages) for name, spec in named(content, "rows", str(path))}
    for name, column in columns.items():
        if not column.run and any(row.runs and "" not in row.runs for row in rows.values()):
            keys = sorted({key for row in rows.values() for key in row.runs if key})
            raise LedgerError(f"column `{name}` of {path}: rows have several runs, say which: `run: {keys[0]}`")
        if column.run:
            every = {key for row in rows.values() for key in row.runs if key}
            check_names([column.run], every, f"column `{name}` of {path}, run")
    return rows


def _row(
    name: str,
    spec: dict[str, Any],
    content: Mapping[str, Any],
    path: Path,
    columns: Mapping[str, Column],
    stages: Mapping[str, Stage],
) -> Row:
    where = f"row `{name}` of {path}"
    check_keys(spec, KEYS, where)
    each = values_in_turn(content.get("each", {}), str(path))
    runs = {}
    for key, layers in _layers(spec, content, where).items():
        run_where = f"run `{key}` of {where}" if key else where
        for layer in layers:
            check_keys(layer, RUN_KEYS, run_where)
        runs[key] = _run(f"{name}.{key}" if key else name, name, layers, path, run_where, each)
        check_needs(runs[key].needs, runs[key].args, stages, run_where)
    paper = published(spec.get("paper", {}), columns, where)
    if not runs and not paper:
        raise LedgerError(f"{where}: `experiment` is missing")
    return Row(
        name=name,
        label=str(spec.get("label", name)),
        runs=runs,
        what=strings(spec.get("what", "embedding")),
        note=str(spec.get("note", "")),
        paper=paper,
    )


def _layers(spec: Mapping[str, Any], content: Mapping[str, Any], where: str) -> dict[str, list[dict[str, Any]]]:
    """Settings of each run, from the general to the special; `runs: [a]` of a row keeps these alone."""
    shared = dict(named(content, "runs", where))
    own = {key: spec[key] for key in RUN_KEYS if key in spec}
    wanted = spec.get("runs", {})
    if isinstance(wanted, list):
        check_names([str(key) for key in wanted], shared, f"{where}, runs")
        return {str(key): [shared[str(key)], own] for key in wanted}
    special = dict(named(spec, "runs", where))
    if not shared and not special:
        return {"": [own]} if spec.get("experiment") else {}
    return {key: [shared.get(key, {}), own, special.get(key, {})] for key in {**shared, **special}}


def _run(
    name: str, row: str, layers: list[dict[str, Any]], path: Path, where: str, each: dict[str, tuple[Any, ...]]
) -> Run:
    files = [file for layer in layers for file in strings(layer.get("experiment", []))]
    if not files:
        raise LedgerError(f"{where}: `experiment` is missing")
    for layer in layers:
        each = each | values_in_turn(layer.get("each", {}), where)
    return Run(
        name=name,
        row=row,
        experiment=experiments(files, path, where),
        args=tuple(text for layer in layers for text in strings(layer.get("args", []))),
        needs=tuple(dict.fromkeys(text for layer in layers for text in strings(layer.get("needs", [])))),
        each=each,
        scales=_common_scales(layers),
    )


def _common_scales(layers: list[dict[str, Any]]) -> tuple[str, ...] | None:
    """Those that all layers name which name any; None where none does."""
    told = [strings(layer["scales"]) for layer in layers if "scales" in layer]
    return tuple(scale for scale in told[0] if all(scale in one for one in told)) if told else None
