from __future__ import annotations

import math

import pytest

from lightning_sepcl.ledger.cells import cell, load_records, seeds_in
from lightning_sepcl.ledger.run_record import write_record
from lightning_sepcl.ledger.table_file import read_table


def test_mean_and_spread_over_seeds(table, record):
    records = {"ours-s0": record(0.8, 0.5), "ours-s1": record(0.9, 0.6), "ours-s2": record(0.7, 0.1, status="failed")}
    found = cell(table, table.line("ours"), table.columns["accuracy"], records)
    assert found.by_seed == {0: 0.8, 1: 0.9}
    assert found.mean == pytest.approx(0.85)
    assert found.spread == pytest.approx(math.sqrt(0.005))
    assert found.chance == {0: 0.1, 1: 0.1}
    assert cell(table, table.line("raw"), table.columns["accuracy"], records).by_seed == {0: 0.5, 1: 0.6}


def test_a_seed_counts_when_all_its_folds_are_there(content, write, record):
    content["each"] = {"data.test_fold": [1, 2]}
    table = read_table(write(content))
    records = {f"ours-s{s}-test_fold{f}": record(0.1 * f + s, 0.0) for s, f in ((0, 1), (0, 2), (1, 1))}
    assert cell(table, table.line("ours"), table.columns["accuracy"], records).by_seed == {0: pytest.approx(0.15)}


def test_a_column_may_name_its_representation_and_metric(content, write, record):
    content["columns"]["other"] = {"metric": "accuracy", "what": "untrained"}
    table = read_table(write(content))
    assert cell(table, table.line("ours"), table.columns["other"], {"ours-s0": record(0.8, 0.5)}).by_seed == {0: 0.5}


def test_a_baseline_keeps_its_representation_in_every_column(content, write, record):
    content["columns"]["accuracy"]["what"] = "embedding"
    table = read_table(write(content))
    records = {"ours-s0": record(0.8, 0.5)}
    found = {
        name: cell(table, table.line(name), table.columns["accuracy"], records).by_seed for name in ("ours", "raw")
    }
    assert found == {"ours": {0: 0.8}, "raw": {0: 0.5}}


def test_a_baseline_is_read_from_the_first_row_that_has_it_or_from_the_named_one(content, write, record):
    content["rows"]["late"] = {"experiment": "ours.yaml"}
    records = {"ours-s1": record(0.8, 0.5), "late-s0": record(0.8, 0.3), "late-s1": record(0.8, 0.4)}
    table = read_table(write(content))
    assert cell(table, table.line("raw"), table.columns["accuracy"], records).by_seed == {0: 0.3, 1: 0.5}
    content["baselines"]["raw"]["row"] = "late"
    table = read_table(write(content))
    assert cell(table, table.line("raw"), table.columns["accuracy"], records).by_seed == {0: 0.3, 1: 0.4}


def test_figures_that_are_not_defined_are_not_counted(table, record):
    found = cell(table, table.line("ours"), table.columns["accuracy"], {"ours-s0": record(math.nan, 0.5)})
    assert found.by_seed == {}
    assert math.isnan(found.mean)


def test_records_of_other_runs_are_left_alone(table, record, tmp_path):
    for name in ("ours-s10", "ours-s2", "ours-s2-test_fold1", "theirs-s0"):
        write_record(record(0.8, 0.5), tmp_path / "records" / f"{name}.json")
    assert list(load_records(table, tmp_path / "records")) == ["ours-s2", "ours-s10"]
    assert load_records(table, tmp_path / "nowhere") == {}


def test_seeds_from_names():
    assert seeds_in(["a-s10", "a-s2-fold1", "b-small-s3", "nothing"]) == [2, 3, 10]
