from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.finding import find_table, table_files, table_name

TABLES = Path("experiments/tables")


def put(*names):
    for name in names:
        (TABLES / name).parent.mkdir(parents=True, exist_ok=True)
        (TABLES / name).write_text("columns: {}\n")


def test_a_path_or_a_name(content, write):
    path = write(content)
    assert find_table("tones") == find_table("tones.yaml") == find_table(str(path)) == path
    with pytest.raises(LedgerError, match="did you mean `tones`"):
        find_table("tone")


@pytest.mark.parametrize("name", ["mc_simclr/table1", "mc-simclr-table1", "mc_simclr_table1", "mc-simclr/Table1"])
def test_dashes_underscores_and_folders_are_equal(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    put("mc_simclr/table1.yaml", "clar/table1.yaml")
    assert find_table(name) == TABLES / "mc_simclr/table1.yaml"


def test_the_last_part_will_do_where_it_is_the_only_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("scenes/table1.yaml", "clar/table1.yaml", "scenes/table4.yaml")
    assert find_table("table4") == TABLES / "scenes/table4.yaml"
    with pytest.raises(LedgerError, match="several tables are called table1, write one of: clar/table1, scenes/table1"):
        find_table("table1")


def test_files_with_stages_alone_are_no_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("a.yaml")
    (TABLES / "stages.yaml").write_text("stages: {}\n")
    (TABLES / "broken.yaml").write_text("columns: [\n")
    assert table_files() == [TABLES / "a.yaml", TABLES / "broken.yaml"]


def test_table_names():
    assert table_name(Path("experiments/tables/scenes/table4.yaml")) == "scenes-table4"
    assert table_name(Path("/a/b/mine.yaml")) == "mine"
    assert table_name(Path("mine.yaml")) == "mine"
