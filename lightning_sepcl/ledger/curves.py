"""Learning curves: what a run logged over its steps, read from the files of Lightning's CSV logger."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from lightning_sepcl.ledger.errors import LedgerError

Curve = dict[int, float]
"""Value by step, in order of steps."""


def read_curves(log: Path) -> dict[str, Curve]:
    """What Lightning's CSV logger wrote, over all resumptions: where two wrote the same step, the later one counts.

    Raises:
        LedgerError: a file is no table of numbers with a column `step`.
    """
    found: dict[str, Curve] = defaultdict(dict)
    for path in sorted(log.glob("version_*/metrics.csv"), key=_version):
        for row in csv.DictReader(_whole_lines(path)):
            for name, value in _numbers(row, path).items():
                found[name][int(float(row["step"]))] = value
    return {name: dict(sorted(curve.items())) for name, curve in found.items()}


def _whole_lines(path: Path) -> list[str]:
    """Without what follows the last line break: a run may be writing it."""
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def _numbers(row: Mapping[str, str | None], path: Path) -> dict[str, float]:
    try:
        float(row["step"] or "")
        return {k: float(v) for k, v in row.items() if v and k not in ("step", "epoch")}
    except (KeyError, TypeError, ValueError):
        raise LedgerError(
            f"{path} is no log of numbers with a column `step`: delete its folder to go without"
        ) from None


def _version(path: Path) -> int:
    number = path.parent.name.rpartition("_")[2]
    return int(number) if number.isdigit() else -1
