from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.stage_section import needed
from lightning_sepcl.ledger.table_file import read_table


def test_stages_stand_behind_those_they_need(staged, write):
    stages = read_table(write(staged)).stages
    assert list(stages) == ["separator", "separated"]
    assert (stages["separator"].per, stages["separator"].test) == ("seed", False)
    assert stages["separated"].folder == "tones"


def test_what_is_needed_directly_and_through_others(staged, write):
    staged["stages"]["other"] = {"command": ["x"]}
    stages = read_table(write(staged)).stages
    assert needed(["separated"], stages) == ["separator", "separated"]
    assert needed([], stages) == []


def test_tables_may_share_stages_from_a_file(staged, write):
    stages = staged.pop("stages")
    staged["stages"] = "stages.yaml"
    path = write(staged)
    (path.parent / "stages.yaml").write_text(yaml.safe_dump({"about": "for all tables", "stages": stages}))
    assert {stage.folder for stage in read_table(path).stages.values()} == {"stages"}
    (path.parent / "stages.yaml").unlink()
    with pytest.raises(LedgerError, match=r"no file experiments/tables/stages.yaml for `stages`"):
        read_table(path)


@pytest.mark.parametrize(
    ("stage", "key", "value", "says"),
    [
        ("separator", "needs", ["separated"], "in a circle: separat"),
        ("separator", "needs", ["separator"], "in a circle: separator -> separator"),
        ("separated", "needs", ["seperator"], "did you mean `separator`"),
        ("separated", "needs", [], "uses `{separator}` without `needs:"),
        ("separated", "command", ["x", "{seperator}"], "did you mean `separator`"),
        ("separated", "command", "separate-dataset --out x", "list of words"),
        ("separated", "args", ["--x"], "belongs to an `experiment`"),
        ("separated", "experiment", "ours.yaml", "either `experiment`"),
        ("separator", "experiment", None, "either `experiment`"),
        ("separator", "experiment", "gone.yaml", "no experiment gone.yaml"),
        ("separator", "test", "yes please", "true or false"),
        ("separator", "per", "row", "`seed` or `table`"),
        ("separated", "per", "table", "runs once for the table, but needs `separator` of every seed"),
        ("separator", "ned", 1, "unknown name `ned`"),
        ("seed", "command", ["x"], "has a meaning already"),
    ],
)
def test_errors_name_the_stage_and_what_to_do(staged, write, stage, key, value, says):
    staged["stages"].setdefault(stage, {})[key] = value
    path = write(staged)
    with pytest.raises(LedgerError, match=says) as error:
        read_table(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_say_what_they_need(staged, write):
    del staged["rows"]["n"]["needs"]
    with pytest.raises(LedgerError, match=r"run `simclr` of row `n` .* uses `{separated}` without `needs: "):
        read_table(write(staged))
    assert Path("experiments/tables/tones.yaml").exists()
