from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import job_name, jobs_of
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
    job = jobs_of(table, [0], Path("runs"), scale="mini")[0]
    assert job.fit[1:5] == ("--config", "experiments/tables/ours.yaml", "--config", "experiments/scales/mini.yaml")
    assert job.run_dir == Path("runs/tones/mini/ours-s0")
    with pytest.raises(LedgerError, match="did you mean `mini`"):
        jobs_of(table, [0], Path("runs"), scale="minni")


def test_all_seeds_and_folds_of_a_row_have_one_recipe(content, write):
    content["each"] = {"data.test_fold": [1, 2]}
    assert len({j.recipe_sha256 for j in jobs_of(read_table(write(content)), [0, 1], Path("runs"))}) == 1


def test_names_are_safe_as_files():
    assert job_name("a", 1) == "a-s1"
    assert job_name("a", 1, (("x.snr_db", -5.0), ("list", [1, 2]))) == "a-s1-snr_db-5.0-list_1__2_"


def test_stages_come_before_the_rows_of_their_seed(staged, write):
    jobs = jobs_of(read_table(write(staged)), [0, 1], Path("runs"))
    rows = ["plain.simclr", "plain.joint", "n.simclr", "n.joint"]
    assert [job.name for job in jobs] == [f"{n}-s{s}" for s in (0, 1) for n in ("separator", "separated", *rows)]
    by_name = {job.name: job for job in jobs}
    assert by_name["separator-s1"].fit[-3:] == ("runs/tones/separator-s1", "--resume", "--width=3")
    assert by_name["separator-s1"].test == ()
    assert by_name["separated-s1"].fit == (
        *("separate-dataset", "--checkpoint", "runs/tones/separator-s1/config.yaml"),
        *("--out", "runs/tones/separated-s1"),
    )
    assert by_name["n.joint-s1"].fit[-2:] == ("--joint", "--separated=runs/tones/separated-s1")
    assert by_name["n.joint-s1"].needs == ("separated-s1",)
    assert by_name["plain.joint-s1"].needs == ()


def test_a_stage_may_run_once_for_all_seeds(staged, write):
    for stage in staged["stages"].values():
        stage["per"] = "table"
    jobs = jobs_of(read_table(write(staged)), [3, 4], Path("runs"))
    assert [job.name for job in jobs][:2] == ["separator", "separated"]
    assert len(jobs) == 2 + 8
    assert jobs[0].seed == 0
    assert {need for job in jobs if job.row for need in job.needs} == {"separated"}


def test_stages_that_no_wanted_row_needs_are_left_out(staged, write):
    jobs = jobs_of(read_table(write(staged)), [0], Path("runs"), only=["plain"])
    assert [job.name for job in jobs] == ["plain.simclr-s0", "plain.joint-s0"]


def test_the_recipe_of_a_stage_is_part_of_what_needs_it(staged, write):
    def recipes():
        return {job.name: job.recipe_sha256 for job in jobs_of(read_table(write(staged)), [0], Path("runs"))}

    before = recipes()
    staged["stages"]["separator"]["args"] = ["--width=4"]
    after = recipes()
    assert {name for name in before if before[name] != after[name]} == {
        *("separator-s0", "separated-s0", "n.simclr-s0", "n.joint-s0"),
    }


def test_the_recipe_does_not_depend_on_seed_or_place(staged, write):
    table = read_table(write(staged))
    one, other = (jobs_of(table, [seed], Path(runs)) for seed, runs in ((0, "a"), (1, "b")))
    assert [job.recipe_sha256 for job in one] == [job.recipe_sha256 for job in other]


def test_a_command_may_take_what_stands_behind_the_dashes(staged, write):
    staged["stages"]["separated"]["command"].append("{extra}")
    table = read_table(write(staged))
    plain, more = (jobs_of(table, [0], Path("runs"), extra)[1] for extra in ([], ["--data", "ESC50"]))
    assert more.fit == (*plain.fit, "--data", "ESC50")
    assert more.recipe_sha256 != plain.recipe_sha256


def test_the_scale_in_names_of_files_and_arguments(staged, write):
    staged["stages"]["separator"]["experiment"] = "separator_{scale}.yaml"
    staged["stages"]["separated"]["command"] += ["--config", "experiments/tables/separator_{scale}.yaml"]
    path = write(staged)
    (path.parent / "separator_mini.yaml").write_text("a: 1\n")
    Path("experiments/scales").mkdir()
    Path("experiments/scales/mini.yaml").write_text("b: 1\n")
    table = read_table(path)
    jobs = {job.name: job for job in jobs_of(table, [0], Path("runs"), scale="mini")}
    assert jobs["separator-s0"].fit[1:4] == ("--config", "experiments/tables/separator_mini.yaml", "--seed_everything")
    assert jobs["separated-s0"].fit[-1] == "experiments/tables/separator_mini.yaml"
    assert jobs["n.simclr-s0"].fit[4] == "experiments/scales/mini.yaml"
    (path.parent / "separator_mini.yaml").write_text("a: 2\n")
    changed = {job.name: job for job in jobs_of(table, [0], Path("runs"), scale="mini")}
    assert changed["separated-s0"].recipe_sha256 != jobs["separated-s0"].recipe_sha256
    with pytest.raises(LedgerError, match="asks for a scale, add `--scale mini`"):
        jobs_of(table, [0], Path("runs"))
    with pytest.raises(LedgerError, match=r"no file experiments/tables/separator_paper.yaml for the scale paper"):
        jobs_of(table, [0], Path("runs"), scale="paper")
