from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.table_file import find_table, read_table, table_name


def test_defaults(table):
    assert table.name == "tones"
    assert table.seeds == (0, 1, 2)
    assert table.columns["accuracy"].metric == "accuracy"
    assert table.rows["ours"].what == ("embedding",)
    assert table.rows["ours"].experiment == (Path("experiments/tables/ours.yaml"),)
    assert [(x.name, x.rows) for x in table.lines()] == [("raw", ("ours",)), ("ours", ("ours",))]


def test_a_row_shows_each_of_its_representations(content, write):
    content["rows"]["ours"]["what"] = ["h", "z"]
    table = read_table(write(content))
    assert [(x.label, x.what) for x in table.lines()][1:] == [("Ours: h", "h"), ("Ours: z", "z")]
    assert table.line("ours").what == "h"


def test_each_of_the_table_and_of_the_row(content, write):
    content["each"] = {"data.test_fold": [1, 2]}
    content["rows"]["ours"]["each"] = {"model.width": [8]}
    assert read_table(write(content)).rows["ours"].each == {"data.test_fold": (1, 2), "model.width": (8,)}


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("titel", "x", "`titel`, did you mean `title`"),
        ("columns.accuracy.headin", "x", "`headin`, did you mean `heading`"),
        ("columns.accuracy.better", "up", "`higher` or `lower`"),
        ("columns.my column", {}, "no name"),
        ("columns", ["accuracy"], "names with their settings"),
        ("columns", {}, "`columns` is missing"),
        ("rows.ours.experiments", "x", "did you mean `experiment`"),
        ("rows.ours.experiment", "gone.yaml", "no experiment gone.yaml"),
        ("rows.ours", "ours.yaml", "should be settings"),
        ("rows.ours.paper", {"acuracy": 0.5}, "did you mean `accuracy`"),
        ("rows.ours.paper", [0.5], "figures by column"),
        ("rows.ours.each", {"fold": 3}, "list of values"),
        ("baselines.raw.from", "x", "unknown name `from`"),
        ("baselines.raw.row", "our", "did you mean `ours`"),
        ("baselines.ours", {"what": "z"}, "same name"),
        ("claims.learns.test", "our.accuracy > raw.accuracy", "did you mean `ours`"),
        ("claims.learns.test", "ours.acuracy > 0.5", "did you mean `accuracy`"),
        ("claims.learns.says", "", "`says` is missing"),
        ("seeds", 0, "`seeds` is how many"),
        ("seeds", "three", "`seeds` is how many"),
    ],
)
def test_errors_name_file_place_and_the_closest(content, write, place, value, says):
    *path, last = place.split(".")
    inner = content
    for key in path:
        inner = inner[key]
    inner[last] = value
    file = write(content)
    with pytest.raises(LedgerError, match=says) as error:
        read_table(file)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_broken_yaml_is_one_line(write, content):
    path = write(content)
    path.write_text("title: [\n")
    with pytest.raises(LedgerError, match="broken YAML") as error:
        read_table(path)
    assert "\n" not in str(error.value)
    with pytest.raises(LedgerError, match="cannot read"):
        read_table(Path("none.yaml"))


def test_tables_are_found_by_name(content, write):
    path = write(content)
    assert find_table("tones") == find_table("tones.yaml") == find_table(str(path)) == path
    with pytest.raises(LedgerError, match="did you mean `tones`"):
        find_table("tone")


def test_table_names():
    assert table_name(Path("experiments/tables/scenes/table4.yaml")) == "scenes-table4"
    assert table_name(Path("/a/b/mine.yaml")) == "mine"
    assert table_name(Path("mine.yaml")) == "mine"
