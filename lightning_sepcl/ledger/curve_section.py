"""The `curves` of a table file: rows that are points of lines over a common axis, such as the amount of labelled data.

curves:
  axis: share of the labelled clips
  lines:
    scratch: {label: from scratch, points: {scratch_12: 0.083, scratch: 1}}
    pretrained: {label: pre-trained, points: {pretrained_12: 0.083, pretrained: 1}}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.section import check_keys, check_names, named


@dataclass(frozen=True, slots=True)
class CurveLine:
    """One line of the picture.

    Attributes:
        label: in the legend.
        points: row -> where it stands on the axis.
    """

    label: str
    points: dict[str, float]


@dataclass(frozen=True, slots=True)
class Curves:
    """A table drawn as lines, a panel for each column.

    Attributes:
        axis: what the rows differ by, in words.
        lines: in order.
    """

    axis: str
    lines: tuple[CurveLine, ...]


def read_curves(content: Mapping[str, Any], path: Path, rows: Collection[str]) -> Curves | None:
    """The section; None where there is none.

    Raises:
        LedgerError: a wrong key, no row of that name, or a place that is no number.
    """
    section = content.get("curves")
    if section is None:
        return None
    where = f"`curves` of {path}"
    if not isinstance(section, Mapping):
        raise LedgerError(f"{where}: should be `{{axis: ..., lines: ...}}`")
    check_keys(section, ("axis", "lines"), where, needed=("axis", "lines"))
    lines = tuple(_line(name, spec, rows, where) for name, spec in named(section, "lines", where))
    return Curves(str(section["axis"]), lines)


def _line(name: str, spec: Mapping[str, Any], rows: Collection[str], where: str) -> CurveLine:
    where = f"line `{name}` of {where}"
    check_keys(spec, ("label", "points"), where, needed=("points",))
    points = spec["points"]
    if not isinstance(points, Mapping):
        raise LedgerError(f"{where}: `points` should be rows with their places, `{{row: 0.5}}`")
    check_names([str(row) for row in points], rows, f"{where}, points")
    for row, place in points.items():
        if isinstance(place, bool) or not isinstance(place, int | float) or place <= 0:
            raise LedgerError(f"{where}, points: `{row}: {place}` should be a number above 0")
    ordered = sorted(points.items(), key=lambda point: float(point[1]))
    return CurveLine(str(spec.get("label", name)), {str(row): float(place) for row, place in ordered})
