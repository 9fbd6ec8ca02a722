from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.table_file import read_table


def test_defaults(table):
    assert table.name == "tones"
    assert table.seeds == (0, 1, 2)
    assert table.columns["accuracy"].metric == "accuracy"
    assert table.rows["ours"].what == ("embedding",)
    assert table.rows["ours"].runs[""].experiment == (Path("experiments/tables/ours.yaml"),)
    assert [(x.name, x.rows) for x in table.lines()] == [("raw", ("ours",)), ("ours", ("ours",))]


def test_a_row_shows_each_of_its_representations(content, write):
    content["rows"]["ours"]["what"] = ["h", "z"]
    table = read_table(write(content))
    assert [(x.label, x.what) for x in table.lines()][1:] == [("Ours: h", "h"), ("Ours: z", "z")]
    assert table.line("ours").what == "h"


def test_each_of_the_table_and_of_the_row(content, write):
    content["each"] = {"data.test_fold": [1, 2]}
    content["rows"]["ours"]["each"] = {"model.width": [8]}
    assert read_table(write(content)).rows["ours"].runs[""].each == {"data.test_fold": (1, 2), "model.width": (8,)}


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
        ("rows.other", {"label": "x"}, "`experiment` is missing"),
        ("rows.ours.experiment", "gone.yaml", "no experiment gone.yaml"),
        ("rows.ours", "ours.yaml", "should be settings"),
        ("rows.ours.paper", {"acuracy": 0.5}, "did you mean `accuracy`"),
        ("rows.ours.paper", [0.5], "figures by column"),
        ("rows.ours.paper", {"accuracy": "high"}, "`accuracy: high` should be a number"),
        ("baselines.raw.paper", {"acuracy": 0.5}, "did you mean `accuracy`"),
        ("columns.accuracy.run", "joint", "unknown name `joint`"),
        ("rows.ours.args", ["--x={nowhere}"], "unknown name `nowhere`"),
        ("rows.ours.needs", ["nowhere"], "unknown name `nowhere`"),
        ("runs", {"a": {"experiments": "ours.yaml"}}, "did you mean `experiment`"),
        ("rows.ours.runs", ["a"], "unknown name `a`"),
        ("claims.learns.margin", "much", "`margin: much` should be a number"),
        ("claims.learns.over", "rows", "`over` needs a test of `row`"),
        ("claims.learns.over", ["our"], "did you mean `ours`"),
        ("claims.learns.test", "row.accuracy > 0.5", "needs `over: rows`"),
        ("claims.learns.test", ["ours.accuracy > 0.5", "ours.acuracy > 1"], "did you mean `accuracy`"),
        ("cost", 3, "`cost` should be a text"),
        ("stages", {"ours": {"experiment": "ours.yaml"}}, "stage and row `ours` have the same name"),
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


def test_a_row_with_several_runs(staged, write):
    table = read_table(write(staged))
    assert [run.name for run in table.runs()] == ["plain.simclr", "plain.joint", "n.simclr", "n.joint"]
    assert table.rows["n"].runs["joint"].args == ("--joint", "--separated={separated}")
    assert table.rows["n"].runs["joint"].needs == ("separated",)
    assert table.columns["both"].run == "joint"


def test_settings_of_a_run_go_from_the_general_to_the_special(staged, write):
    staged["rows"]["n"]["runs"] = {"joint": {"args": ["--last"]}, "alone": {"experiment": "ours.yaml"}}
    runs = read_table(write(staged)).rows["n"].runs
    assert list(runs) == ["simclr", "joint", "alone"]
    assert runs["joint"].args == ("--joint", "--separated={separated}", "--last")


def test_a_row_may_keep_some_runs_or_none(staged, write):
    staged["rows"]["plain"]["runs"] = ["simclr"]
    staged["rows"]["theirs"] = {"runs": [], "paper": {"both": 0.7}}
    table = read_table(write(staged))
    assert [list(row.runs) for row in table.rows.values()] == [["simclr"], ["simclr", "joint"], []]
    assert table.claims[0].over == ("n",)  # rows that have both figures


def test_a_row_of_published_figures_alone(content, write):
    content["rows"]["theirs"] = {"label": "Theirs", "paper": {"accuracy": 0.9}}
    assert read_table(write(content)).rows["theirs"].runs == {}


def test_columns_of_rows_with_several_runs_say_which(staged, write):
    del staged["columns"]["both"]["run"]
    with pytest.raises(LedgerError, match=r"column `both` .* say which: `run: joint`"):
        read_table(write(staged))


def test_texts_for_scales(content, write):
    content |= {"scale": "mini", "scales": {"mini": "small,\n  not theirs"}, "cost": "an hour"}
    table = read_table(write(content))
    assert (table.scale, table.scales, table.cost) == ("mini", {"mini": "small, not theirs"}, {"mini": "an hour"})
