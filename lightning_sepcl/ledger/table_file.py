"""Reading a table file: every key checked, every error one sentence with the place and the closest match."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.ledger.claim import Claim, Figure, parse_claim
from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.table import Baseline, Column, Row, Table

FOLDER = Path("experiments/tables")
TABLE_KEYS = {"title", "about", "columns", "rows", "baselines", "seeds", "claims", "each"}
COLUMN_KEYS = {"heading", "metric", "what", "better", "decimals"}
ROW_KEYS = {"label", "experiment", "args", "what", "note", "paper", "each"}
BASELINE_KEYS = {"label", "what", "row"}
CLAIM_KEYS = {"says", "test", "margin"}
NAME = re.compile(r"[A-Za-z0-9_-]+")


def find_table(name: str, folder: Path = FOLDER) -> Path:
    """The table file a user means: a path, or a name such as `scenes/table4` below `folder`.

    Raises:
        LedgerError: there is none; the message names the closest, or the place that was searched.
    """
    for path in (Path(name), Path(f"{name}.yaml"), folder / name, folder / f"{name}.yaml"):
        if path.is_file():
            return path
    known = [p.relative_to(folder).with_suffix("").as_posix() for p in sorted(folder.rglob("*.yaml"))]
    raise unknown_name(name, known, f"no table file {name}, tables live in {folder}")


def read_table(path: Path) -> Table:
    """A table file as a Table.

    Raises:
        LedgerError: no such file, broken YAML, an unknown key, a missing one, a claim about a figure the table has not,
            or an experiment that does not exist.
    """
    content = _content(path)
    _check_keys(content, TABLE_KEYS, str(path), needed=("title", "columns", "rows"))
    columns = {n: _column(n, spec, path) for n, spec in _named(content, "columns", path)}
    each = _each(content.get("each", {}), str(path))
    rows = {n: _row(n, spec, path, columns, each) for n, spec in _named(content, "rows", path)}
    baselines = {n: _baseline(n, spec, path, rows) for n, spec in _named(content, "baselines", path)}
    claims = [_claim(n, spec, path, {*rows, *baselines}, columns) for n, spec in _named(content, "claims", path)]
    return Table(
        path=path,
        name=table_name(path),
        title=str(content["title"]),
        about=str(content.get("about", "")).strip(),
        columns=columns,
        rows=rows,
        baselines=baselines,
        seeds=_seeds(content.get("seeds", 3), path),
        claims=tuple(claims),
    )


def table_name(path: Path) -> str:
    """Name for folders and pages: the path below a folder `tables`, joined by dashes.

    >>> table_name(Path("experiments/tables/scenes/table4.yaml"))
    'scenes-table4'
    """
    parts = path.with_suffix("").parts
    last = len(parts) - 1 - parts[::-1].index("tables") if "tables" in parts[:-1] else len(parts) - 2
    return "-".join(parts[last + 1 :])


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"cannot read table file {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise LedgerError(f"table file {path} is broken YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise LedgerError(f"table file {path} should hold keys such as title, columns and rows")
    return content


def _named(content: Mapping[str, Any], key: str, path: Path) -> list[tuple[str, dict[str, Any]]]:
    section = content.get(key) or {}
    if not isinstance(section, Mapping):
        raise LedgerError(f"{path}: `{key}` should be names with their settings, `name: {{...}}`")
    for name, spec in section.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise LedgerError(f"{path}: `{name}` in `{key}` is no name: use letters, digits, `_` and `-`")
        if spec is not None and not isinstance(spec, Mapping):
            raise LedgerError(f"{path}: `{name}` in `{key}` should be settings, `{{...}}`, not `{spec}`")
    return [(name, dict(spec or {})) for name, spec in section.items()]


def _check_keys(spec: Mapping[str, Any], known: set[str], where: str, needed: Iterable[str] = ()) -> None:
    for key in spec:
        if key not in known:
            raise unknown_name(str(key), known, where)
    for key in needed:
        if not spec.get(key):
            raise LedgerError(f"{where}: `{key}` is missing")


def _column(name: str, spec: dict[str, Any], path: Path) -> Column:
    where = f"column `{name}` of {path}"
    _check_keys(spec, COLUMN_KEYS, where)
    if spec.get("better", "higher") not in ("higher", "lower"):
        raise LedgerError(f"{where}: `better` is `higher` or `lower`, not `{spec['better']}`")
    return Column(name, **({"heading": name, "metric": name} | spec))


def _row(name: str, spec: dict[str, Any], path: Path, columns: Mapping[str, Column], each: dict[str, Any]) -> Row:
    where = f"row `{name}` of {path}"
    _check_keys(spec, ROW_KEYS, where, needed=("experiment",))
    paper = spec.get("paper", {})
    if not isinstance(paper, Mapping):
        raise LedgerError(f"{where}: `paper` should be figures by column, `{{{next(iter(columns))}: 0.5}}`")
    for column in paper:
        if column not in columns:
            raise unknown_name(str(column), columns, f"{where}, paper")
    return Row(
        name=name,
        label=str(spec.get("label", name)),
        experiment=tuple(_experiment(text, path, where) for text in _strings(spec["experiment"])),
        args=_strings(spec.get("args", [])),
        what=_strings(spec.get("what", "embedding")),
        note=str(spec.get("note", "")),
        paper={k: float(v) for k, v in paper.items()},
        each=each | _each(spec.get("each", {}), where),
    )


def _experiment(text: str, table: Path, where: str) -> Path:
    for path in (Path(text), table.parent / text):
        if path.is_file():
            return path
    raise LedgerError(f"{where}: no experiment {text}, neither here ({Path.cwd()}) nor beside the table file")


def _baseline(name: str, spec: dict[str, Any], path: Path, rows: Mapping[str, Row]) -> Baseline:
    where = f"baseline `{name}` of {path}"
    _check_keys(spec, BASELINE_KEYS, where, needed=("what",))
    if name in rows:
        raise LedgerError(f"{where}: a row has the same name, rename one of them")
    if spec.get("row") and spec["row"] not in rows:
        raise unknown_name(str(spec["row"]), rows, where)
    return Baseline(name, **({"label": name} | spec))


def _claim(name: str, spec: dict[str, Any], path: Path, lines: set[str], columns: Mapping[str, Column]) -> Claim:
    where = f"claim `{name}` of {path}"
    _check_keys(spec, CLAIM_KEYS, where, needed=("says", "test"))
    claim = parse_claim(name, str(spec["says"]), str(spec["test"]), float(spec.get("margin", 0.0)), where)
    for figure in (claim.left, claim.right):
        if isinstance(figure, Figure):
            if figure.line not in lines:
                raise unknown_name(figure.line, lines, where)
            if figure.column not in columns:
                raise unknown_name(figure.column, columns, where)
    return claim


def _each(value: Any, where: str) -> dict[str, tuple[Any, ...]]:
    if not isinstance(value, Mapping) or not all(isinstance(v, list) and v for v in value.values()):
        raise LedgerError(f"{where}: `each` should be arguments with a list of values, `{{data.test_fold: [1, 2, 3]}}`")
    return {str(k): tuple(v) for k, v in value.items()}


def _seeds(value: Any, path: Path) -> tuple[int, ...]:
    seeds = list(range(value)) if isinstance(value, int) else value
    if not isinstance(seeds, list) or not seeds or not all(isinstance(s, int) for s in seeds):
        raise LedgerError(f"{path}: `seeds` is how many (3 means 0, 1, 2) or a list of whole numbers, not `{value}`")
    return tuple(seeds)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)
