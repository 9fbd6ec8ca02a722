from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import job_name, jobs_of, recipe_hash
from lightning_sepcl.ledger.table_file import read_table


def test_command_lines(table):
    job = jobs_of(table, [4], Path("runs/tables"), extra=["--trainer.max_steps=2"])[0]
    assert job.fit == (
        *("fit", "--config", "experiments/tables/ours.yaml", "--seed_everything", "4"),
        *("--run", "runs/tables/tones/ours-s4", "--resume", "--trainer.max_steps=2"),
    )
    assert job.test == ("test", "--run", "runs/tables/tones/ours-s4")


def test_one_job_per_seed_row_and_value(content, write):
    content["rows"]["other"] = {"experiment": ["ours.yaml", "ours.yaml"], "args": ["--a=1"]}
    content["each"] = {"data.test_fold": [1, 2], "b": ["x/y"]}
    jobs = jobs_of(read_table(write(content)), [0, 1], Path("runs"))
    assert [job.name for job in jobs][:5] == [
        *("ours-s0-test_fold1-bx_y", "ours-s0-test_fold2-bx_y"),
        *("other-s0-test_fold1-bx_y", "other-s0-test_fold2-bx_y", "ours-s1-test_fold1-bx_y"),
    ]
    assert len({job.name for job in jobs}) == len(jobs) == 8
    assert jobs[3].fit[-3:] == ("--a=1", "--data.test_fold=2", "--b=x/y")
    assert jobs[3].fit.count("--config") == 2


def test_only_and_scale(content, write):
    content["rows"]["other"] = {"experiment": "ours.yaml"}
    table = read_table(write(content))
    assert [j.row for j in jobs_of(table, [0], Path("runs"), only=["other"])] == ["other"]
    with pytest.raises(LedgerError, match="did you mean `other`"):
        jobs_of(table, [0], Path("runs"), only=["othr"])
    Path("experiments/scales").mkdir()
    Path("experiments/scales/mini.yaml").write_text("trainer: {max_steps: 3}")
    fit = jobs_of(table, [0], Path("runs"), scale="mini")[0].fit
    assert fit[1:5] == ("--config", "experiments/tables/ours.yaml", "--config", "experiments/scales/mini.yaml")
    with pytest.raises(LedgerError, match="did you mean `mini`"):
        jobs_of(table, [0], Path("runs"), scale="minni")


def test_recipe_changes_with_files_named_in_files_and_with_arguments(tmp_path):
    (tmp_path / "base.yaml").write_text("a: 1\n")
    child = tmp_path / "child.yaml"
    child.write_text("inherits: [base.yaml, child.yaml]\nmodel: {front: nowhere.yaml}\n")
    first = recipe_hash([child], ["--x=1"])
    assert recipe_hash([child], ["--x=1"]) == first
    assert recipe_hash([child], ["--x=2"]) != first
    (tmp_path / "base.yaml").write_text("a: 2\n")
    assert recipe_hash([child], ["--x=1"]) != first


def test_all_seeds_and_folds_of_a_row_have_one_recipe(content, write):
    content["each"] = {"data.test_fold": [1, 2]}
    assert len({j.recipe_sha256 for j in jobs_of(read_table(write(content)), [0, 1], Path("runs"))}) == 1


def test_names_are_safe_as_files():
    assert job_name("a", 1, ()) == "a-s1"
    assert job_name("a", 1, (("x.snr_db", -5.0), ("list", [1, 2]))) == "a-s1-snr_db-5.0-list_1__2_"


def test_an_experiment_of_broken_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1\n")
    with pytest.raises(LedgerError, match="broken YAML"):
        recipe_hash([tmp_path / "a.yaml"], [])
