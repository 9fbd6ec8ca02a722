from __future__ import annotations

import math

import pytest

from lightning_sepcl.records import Result
from lightning_sepcl.report.headline import bars_figure, headline, is_baseline


def result(what, metric, value, chance=0.1):
    return Result(what, metric, value, chance, 10, "p", 0)


def test_ours_stand_first_and_the_best_is_known():
    table = headline([result("log-mel mean+std", "acc", 0.6), result("embedding", "acc", 0.8), result("z", "acc", 0.7)])
    assert table.whats == ("embedding", "z", "log-mel mean+std")
    assert table.best("acc") == 0.8
    assert table.leader("acc", ours=True) == ("embedding", 0.8)
    assert table.leader("acc", ours=False) == ("log-mel mean+std", 0.6)
    assert table.chance == {"acc": 0.1}


def test_errors_are_better_when_small():
    table = headline(
        [result("embedding", "azimuth_error_deg", 5.0), result("untrained embedding", "azimuth_error_deg", 9.0)]
    )
    assert table.best("azimuth_error_deg") == 5.0


def test_what_is_not_defined_is_absent():
    table = headline([result("embedding", "acc", math.nan, math.nan)])
    assert table.values == table.chance == {}
    assert math.isnan(table.best("acc"))
    assert bars_figure(table) is None


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("untrained blocks", True),
        ("log-mel mean+std", True),
        ("random encoder", True),
        ("embedding", False),
        ("rawness", False),
    ],
)
def test_baselines_by_name(what, expected):
    assert is_baseline(what) is expected


def test_bars_have_the_length_of_the_figures():
    figure = bars_figure(headline([result("embedding", "acc", 0.8), result("untrained", "acc", 0.3)]))
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.8, 0.3]
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["embedding", "untrained"]
