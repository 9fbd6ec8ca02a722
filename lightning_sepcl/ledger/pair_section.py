"""The `pairs` of a table file: things that are tried alone and two by two, in both orders; a row for each.

    pairs:
      fd: {label: FD, experiment: fade.yaml}
      tm: {label: TM, experiment: time_mask.yaml, scales: [paper]}

gives the rows `fd`, `fd_tm`, `tm_fd` and `tm`, and lines with means for claims: `mean` of all, `best` of all,
`first_fd` (where FD comes first) and `second_fd`. The picture of such a table is a matrix.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.section import check_keys, named, strings
from lightning_sepcl.ledger.table import Line

KEYS = ("label", "experiment", "args", "scales")


def pair_name(first: str, second: str) -> str:
    """Name of the row of a pair; something paired with itself is tried alone.

    >>> pair_name("fd", "tm"), pair_name("fd", "fd")
    ('fd_tm', 'fd')
    """
    return first if first == second else f"{first}_{second}"


def labels_of_pairs(content: Mapping[str, Any], path: Path) -> dict[str, str]:
    """What is paired, with its label, in order; empty for a table without pairs."""
    return {name: str(spec.get("label", name)) for name, spec in named(content, "pairs", str(path))}


def with_pairs(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The content of a table file with a row for each pair, in front of its own rows.

    Raises:
        LedgerError: a wrong key, no experiment, or a pair that has the name of a row.
    """
    parts = dict(named(content, "pairs", str(path)))
    for name, spec in parts.items():
        check_keys(spec, KEYS, f"`{name}` in pairs of {path}", needed=("experiment",))
    labels, rows = labels_of_pairs(content, path), {}
    for first, second in itertools.product(parts, repeat=2):
        both = [parts[first]] if first == second else [parts[first], parts[second]]
        label = labels[first] if first == second else f"{labels[first]}, {labels[second]}"
        rows[pair_name(first, second)] = {
            "label": label,
            "experiment": [file for part in both for file in strings(part["experiment"])],
            "args": [word for part in both for word in strings(part.get("args", []))],
            **_common_scales(both),
        }
    own = content.get("rows") or {}
    if twice := sorted(rows.keys() & own):
        raise LedgerError(f"{path}: the pair `{twice[0]}` and a row have the same name, rename one of them")
    return {**content, "rows": {**rows, **own}}


def pair_lines(labels: Mapping[str, str], what: str = "embedding") -> list[Line]:
    """The lines that sum the pairs up; none without pairs."""
    if not labels:
        return []
    every = tuple(pair_name(a, b) for a, b in itertools.product(labels, repeat=2))
    lines = [
        Line("mean", "mean of all", what, every, combine="mean"),
        Line("best", "best of all", what, every, combine="max"),
    ]
    for name, label in labels.items():
        first = tuple(pair_name(name, other) for other in labels)
        second = tuple(pair_name(other, name) for other in labels)
        lines.append(Line(f"first_{name}", f"mean with {label} first", what, first, combine="mean"))
        lines.append(Line(f"second_{name}", f"mean with {label} second", what, second, combine="mean"))
    return lines


def _common_scales(parts: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    told = [strings(part["scales"]) for part in parts if part.get("scales")]
    return {"scales": [scale for scale in told[0] if all(scale in one for one in told)]} if told else {}
