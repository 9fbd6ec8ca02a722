from __future__ import annotations

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.table_file import read_table

CURVES = {"axis": "hours", "lines": {"ours": {"label": "Ours", "points": {"all": 2, "half": 1.0}}}}


def with_curves(content, curves):
    content["rows"] = {"half": {"experiment": "ours.yaml"}, "all": {"experiment": "ours.yaml"}}
    content["claims"] = {}
    return content | {"curves": curves}


def test_points_stand_in_order(content, write):
    curves = read_table(write(with_curves(content, CURVES))).curves
    assert curves.axis == "hours"
    assert [(line.label, line.points) for line in curves.lines] == [("Ours", {"half": 1.0, "all": 2.0})]
    assert list(curves.lines[0].points) == ["half", "all"]


def test_a_table_without(content, write):
    assert read_table(write(content)).curves is None


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({"lines": CURVES["lines"]}, "`axis` is missing"),
        (CURVES | {"lines": {"ours": {"points": {"hlf": 1}}}}, "half"),
        (CURVES | {"lines": {"ours": {"points": {"half": "much"}}}}, "should be a number above 0"),
        (CURVES | {"lines": {"ours": {"points": [1]}}}, "rows with their places"),
        (["half"], "should be"),
    ],
)
def test_what_cannot_be_drawn(content, write, curves, message):
    with pytest.raises(LedgerError, match=message):
        read_table(write(with_curves(content, curves)))
