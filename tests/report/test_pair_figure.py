from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.records import Result
from lightning_sepcl.report.pair_figure import pair_figure, pair_values

VALUES = {"a": 0.5, "a_b": 0.75, "b_a": 0.25, "b": 1.0}


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("a: 1")
    content = {
        "title": "Pairs",
        "columns": {"x": {"heading": "two dimensions"}, "y": {"heading": "never run"}},
        "pairs": {name: {"label": name.upper(), "experiment": "a.yaml"} for name in "abc"},
    }
    Path("t.yaml").write_text(yaml.safe_dump(content))
    return read_table(Path("t.yaml"))


def records(values):
    def result(value):
        return (Result("embedding", "x", value, 0.1, 10, "told", 0),)

    return {f"{name}-s0": RunRecord(name, "complete", results=result(v)) for name, v in values.items()}


def test_first_is_the_row_and_second_the_column(table):
    found = pair_values(table, table.columns["x"], records(VALUES))
    np.testing.assert_array_equal(found[:2, :2], [[0.5, 0.75], [0.25, 1.0]])
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 2]).all()


def test_the_matrix_shows_what_was_run_with_means_on_its_edges(table):
    figure = pair_figure(table, records(VALUES))
    (axis,) = figure.axes  # the column never run has no panel
    assert axis.get_title(loc="left") == "two dimensions"
    assert [label.get_text() for label in axis.get_yticklabels()] == ["A", "B", "mean"]
    shown = np.array([text.get_text() for text in axis.texts]).reshape(3, 3)
    assert shown.tolist() == [[".500", ".750", ".625"], [".250", "1.000", ".625"], [".375", ".875", ".625"]]
    np.testing.assert_array_equal(axis.images[0].get_array()[2], [0.375, 0.875, 0.625])


def test_a_field_that_was_not_run_stays_empty(table):
    values = {name: v for name, v in VALUES.items() if name != "b"}
    assert len(pair_figure(table, records(values)).axes[0].texts) == 8
    assert pair_figure(table, {}) is None
