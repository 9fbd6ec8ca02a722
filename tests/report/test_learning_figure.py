from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lightning_sepcl.ledger.places import places_of
from lightning_sepcl.ledger.run_record import RunRecord, write_record
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.report.learning_figure import learning_figure
from lightning_sepcl.report.table_page import write_table


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("a: 1")
    content = {
        "title": "Curves",
        "learning_curve": "val/accuracy",
        "runs": {"l100": {"experiment": "a.yaml"}, "l1": {"experiment": "a.yaml"}},
        "columns": {k: {"run": k, "curve": "val/accuracy", "heading": f"labels {k}"} for k in ("l100", "l1")},
        "rows": {"both": {"label": "both terms"}, "alone": {"label": "one term", "runs": ["l100"]}},
    }
    Path("t.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return read_table(Path("t.yaml"))


def record(*values):
    return RunRecord("r", "complete", curves={"val/accuracy": dict(enumerate(values))})


def records():
    return {
        "both.l100-s0": record(0.2, 0.4),
        "both.l100-s1": record(0.4, 0.8, 0.9),
        "both.l1-s0": record(0.1, 0.2),
        "alone.l100-s0": record(0.3, 0.3),
    }


def lines(axis):
    return {x.get_label(): x.get_ydata().tolist() for x in axis.get_lines() if not x.get_label().startswith("_")}


def test_a_panel_for_each_run_and_the_mean_over_seeds_for_each_row(table):
    first, second = learning_figure(table, records()).axes
    assert lines(first) == {"both terms": pytest.approx([0.3, 0.6]), "one term": [0.3, 0.3]}
    assert lines(second) == {"both terms": [0.1, 0.2], "one term": [0.3, 0.3]}  # it has one run: shown in each
    assert (first.get_title(loc="left"), first.get_xlabel()) == ("labels l100", "step")
    assert first.get_ylabel() == "accuracy"
    assert len(first.get_lines()) == 4  # with a faint line for each of two seeds


def test_nothing_run_is_no_picture(table):
    assert learning_figure(table, {}) is None


def test_the_page_of_such_a_table_has_it(table):
    places = places_of(table)
    for name, one in records().items():
        write_record(one, places.records / f"{name}.json")
    write_table(table, places)
    assert "](pictures/" in places.page.read_text()
    assert "both terms" in places.picture.read_text()
    assert "<svg" in places.html.read_text()
