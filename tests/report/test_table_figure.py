from __future__ import annotations

from xml.etree import ElementTree

import pytest

from lightning_sepcl.ledger.cells import Cell
from lightning_sepcl.ledger.comparison import Compared
from lightning_sepcl.ledger.table import Column, Line
from lightning_sepcl.report.table_figure import picture, table_figure

NAN = float("nan")


def item(values, published=NAN, column="qbe"):
    ours = Cell(dict(enumerate(values)), dict.fromkeys(range(len(values)), 0.3))
    return Compared(Line("n", "N", "embedding", ("n",)), Column(column, column, column), ours, published)


def test_points_lie_at_the_figures_and_bars_end_at_the_interval():
    axis = table_figure([[item([0.80, 0.81, 0.82], 0.75)]]).axes[0]
    drawn = {line.get_marker(): float(line.get_xdata()[0]) for line in axis.get_lines() if len(line.get_xdata())}
    assert drawn["o"] == pytest.approx(0.81)
    assert drawn["D"] == 0.75
    assert drawn["None"] == pytest.approx(0.3)  # chance
    (bar,) = axis.collections[0].get_segments()
    assert bar[:, 0] == pytest.approx([0.81 - 0.02484, 0.81 + 0.02484], abs=1e-5)  # t(2) = 4.3027, deviation 0.01


def test_lines_and_columns_without_any_figure_are_left_out():
    rows = [[item([0.8]), item([], column="cls")], [item([]), item([], column="cls")]]
    figure = table_figure(rows)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["qbe"]
    assert len(figure.axes[0].get_yticks()) == 1
    assert table_figure(rows[1:]) is None


def test_the_legend_says_what_is_there():
    def texts(*items):
        return [text.get_text() for text in table_figure([list(items)]).legends[0].get_texts()]

    assert texts(item([], 0.7)) == ["published"]
    assert texts(item([0.8], 0.7)) == ["ours, 95 % interval over seeds", "published", "chance"]


def test_the_file_is_small_wellformed_and_the_same_each_time():
    rows = [[item([0.8, 0.81, 0.82], 0.75, column=f"column {i}") for i in range(5)] for _ in range(7)]
    text = picture(table_figure(rows))
    assert text == picture(table_figure(rows))
    assert len(text) < 300_000
    assert ElementTree.fromstring(text).tag.endswith("svg")
