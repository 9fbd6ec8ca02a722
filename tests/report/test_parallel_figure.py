from __future__ import annotations

import pytest
from matplotlib.patches import PathPatch

from lightning_sepcl.report.drawing import svg
from lightning_sepcl.report.parallel_figure import COLOURS, Varied, parallel_figure

NAN = float("nan")
WIDTH = Varied("model.width", (4, 8, 16))
RATE = Varied("model.rate", (0.01, 0.1, 1.0), log=True)
NORM = Varied("norm", ("none", "batch", True))


def lines(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]


def heights(patch):
    """Where a line meets the axes."""
    return [y for x, y in patch.get_path().vertices[::3]]


def test_lines_meet_the_axes_where_the_values_are():
    drawn = lines(parallel_figure([WIDTH, RATE, NORM], "score", [0.0, 1.0, 0.25], "maximize"))
    assert [heights(line) for line in drawn] == [  # the best one on top
        pytest.approx([0.0, 0.0, 0.5, 0.0]),
        pytest.approx([1.0, 1.0, 1.0, 0.25]),  # true follows none and batch
        pytest.approx([1 / 3, 0.5, 0.0, 1.0]),
    ]


@pytest.mark.parametrize(("goal", "best"), [("maximize", 1.0), ("minimize", 0.0)])
def test_the_best_is_on_top_thickest_and_of_the_last_colour(goal, best):
    *others, top = lines(parallel_figure([WIDTH], "score", [0.0, 1.0, 0.25], goal))
    assert heights(top)[-1] == best
    assert top.get_linewidth() > max(line.get_linewidth() for line in others)
    assert top.get_edgecolor()[:3] == COLOURS(1.0)[:3]


def test_runs_without_a_figure_are_left_out_and_those_ended_early_are_dashed():
    drawn = lines(parallel_figure([WIDTH], "score", [0.0, NAN, 0.25], "maximize", [True, False, False]))
    assert [line.get_linestyle() == "-" for line in drawn] == [False, True]
    assert parallel_figure([WIDTH], "score", [NAN] * 3, "maximize") is None
    assert parallel_figure([], "score", [0.1] * 3, "maximize") is None


def test_a_single_run_and_many_values_can_be_drawn_and_read():
    many = Varied("lr", tuple(0.001 * 1.3**i for i in range(20)), log=True)
    figure = parallel_figure([many], "score", [float(i) for i in range(20)], "minimize")
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"lr", "score", "0.001", "0", "19"} <= texts
    assert len(texts) < 16
    text = svg(parallel_figure([Varied("a", (3,))], "score", [0.5], "maximize"), "one", "one run")
    assert "currentColor" in text
