"""Reading a section of a table file: names with their settings, every wrong key told with the closest right one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.placeholders import SCALE
from lightning_sepcl.shipped import here_or_shipped, matching

NAME = re.compile(r"[A-Za-z0-9_-]+")


def file_content(path: Path) -> dict[str, Any]:
    """The outermost keys of a YAML file.

    Raises:
        LedgerError: no such file, broken YAML, or no keys.
    """
    try:
        content = yaml.safe_load(here_or_shipped(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"cannot read table file {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise LedgerError(f"table file {path} is broken YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise LedgerError(f"table file {path} should hold keys such as title, columns and rows")
    return content


def named(content: Mapping[str, Any], key: str, where: str) -> list[tuple[str, dict[str, Any]]]:
    """The names of a section, each with its settings."""
    section = content.get(key) or {}
    if not isinstance(section, Mapping):
        raise LedgerError(f"{where}: `{key}` should be names with their settings, `name: {{...}}`")
    for name, spec in section.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise LedgerError(f"{where}: `{name}` in `{key}` is no name: use letters, digits, `_` and `-`")
        if spec is not None and not isinstance(spec, Mapping):
            raise LedgerError(f"{where}: `{name}` in `{key}` should be settings, `{{...}}`, not `{spec}`")
    return [(name, dict(spec or {})) for name, spec in section.items()]


def check_keys(spec: Mapping[str, Any], known: Collection[str], where: str, needed: Iterable[str] = ()) -> None:
    """Refuses keys that are not known and settings that lack one of `needed`."""
    for key in spec:
        if key not in known:
            raise unknown_name(str(key), known, where)
    for key in needed:
        if not spec.get(key):
            raise LedgerError(f"{where}: `{key}` is missing")


def check_names(names: Iterable[str], known: Collection[str], where: str) -> None:
    """Refuses names that are not known."""
    for name in names:
        if name not in known:
            raise unknown_name(name, known, where)


def strings(value: Any) -> tuple[str, ...]:
    """One text or a list of texts, as several."""
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)


def sentences(value: Any, key: str, default: str, where: str) -> dict[str, str]:
    """A text for each scale; a single one is about the scale `default`."""
    if isinstance(value, Mapping):
        return {str(k): " ".join(str(v).split()) for k, v in value.items()}
    if not isinstance(value, str):
        raise LedgerError(f"{where}: `{key}` should be a text, or a text for each scale, `{{mini: ...}}`")
    return {default: " ".join(value.split())}


def values_in_turn(value: Any, where: str) -> dict[str, tuple[Any, ...]]:
    """`each`: arguments with the values they take in turn."""
    if not isinstance(value, Mapping) or not all(isinstance(v, list) and v for v in value.values()):
        raise LedgerError(f"{where}: `each` should be arguments with a list of values, `{{data.test_fold: [1, 2, 3]}}`")
    return {str(k): tuple(v) for k, v in value.items()}


def published(value: Any, columns: Collection[str], where: str) -> dict[str, float]:
    """`paper`: figures by column."""
    if not isinstance(value, Mapping):
        raise LedgerError(f"{where}: `paper` should be figures by column, `{{{next(iter(columns))}: 0.5}}`")
    check_names([str(column) for column in value], columns, f"{where}, paper")
    for column, figure in value.items():
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            raise LedgerError(f"{where}, paper: `{column}: {figure}` should be a number")
    return {str(k): float(v) for k, v in value.items()}


def experiments(value: Any, table: Path, where: str) -> tuple[Path, ...]:
    """YAML files, looked for from here and beside the table file; one with `{scale}` must exist for some scale."""
    return tuple(_experiment(text, table, where) for text in strings(value))


def _experiment(text: str, table: Path, where: str) -> Path:
    for folder in (Path(), table.parent):
        path = folder / text
        if here_or_shipped(path).is_file() or (SCALE in text and matching(path.parent, path.name.replace(SCALE, "*"))):
            return path
    raise LedgerError(f"{where}: no experiment {text}, neither here ({Path.cwd()}) nor beside the table file")
