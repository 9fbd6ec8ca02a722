from __future__ import annotations

import pytest

from lightning_sepcl.ledger.cells import Cell
from lightning_sepcl.ledger.comparison import Compared
from lightning_sepcl.ledger.curve_section import CurveLine, Curves
from lightning_sepcl.ledger.table import Column, Line
from lightning_sepcl.report.table_curves import curves_of_table

NAN = float("nan")
CURVES = Curves("hours", (CurveLine("scratch", {"a": 0.2, "b": 2.4}), CurveLine("tuned", {"c": 0.2})))


def row(name, values, published=NAN):
    cell = Cell(dict(enumerate(values)), dict.fromkeys(range(len(values)), 0.1))
    line = Line(name, name, "embedding", (name,))
    return [Compared(line, Column(c, c, c), cell, published) for c in ("accuracy", "error")]


def test_means_stand_at_their_places_with_their_intervals():
    figure = curves_of_table(CURVES, [row("a", [0.1, 0.2, 0.3]), row("b", [0.5]), row("c", [], 0.4), row("d", [9.0])])
    panel = figure.axes[0]
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["accuracy", "error"]
    drawn = {line.get_label(): line for line in panel.get_lines()}
    assert list(drawn["scratch"].get_xdata()) == [0.2, 2.4]
    assert list(drawn["scratch"].get_ydata()) == pytest.approx([0.2, 0.5])
    assert list(drawn["tuned, published"].get_ydata()) == [0.4]
    (bar,) = panel.collections[0].get_segments()
    assert bar[:, 1] == pytest.approx([0.2 - 0.2484, 0.2 + 0.2484], abs=1e-3)  # t(2) = 4.3027, deviation 0.1
    assert panel.get_xscale() == "log"


def test_nothing_known_nothing_drawn():
    assert curves_of_table(CURVES, [row("a", []), row("b", []), row("c", [])]) is None
