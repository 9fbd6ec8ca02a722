"""Stages end to end: what rows need first is run first, once, again when it changed, and resumed after a kill."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lightning_sepcl.cli.reproduce import run
from lightning_sepcl.ledger.run_record import merge_record, read_record

FAKE = (sys.executable, str(Path(__file__).with_name("fake_sepcl.py")))
PAGE = Path("docs/results/tones.md")
RUNS = Path("runs/tables/tones")
STAGES = ["fit separator-s0", "separate-dataset separated-s0"]
ROWS = [
    f"{verb} {row}-s0" for row in ("plain.simclr", "plain.joint", "n.simclr", "n.joint") for verb in ("fit", "test")
]


@pytest.fixture
def stages(staged, write, monkeypatch):
    """Runs `sepcl reproduce` on a table with stages; returns its exit status and the calls it made."""
    write(staged)
    monkeypatch.setenv("FAKE_LOG", "calls.txt")

    def call(*args):
        Path("calls.txt").write_text("")
        code = run(["tones", "--seeds", "1", *args], program=FAKE)
        return code, [line.rsplit(" ", 1)[0] for line in Path("calls.txt").read_text().splitlines()]

    return call


def test_stages_run_before_the_rows_that_need_them(stages):
    assert stages() == (0, STAGES + ROWS)
    record = read_record(Path("docs/results/records/tones/separated-s0.json"))
    assert (record.status, record.seed, record.seconds_fit is not None) == ("complete", 0, True)
    assert record.command.startswith("sepcl separate-dataset --checkpoint runs/tables/tones/separator-s0/config.yaml")
    assert record.hardware.cores > 0
    assert record.recipe_sha256
    assert "| `separated-s0` | 0 | complete |" in PAGE.read_text()


def test_stages_that_are_complete_are_not_run_again(stages):
    stages("--only", "n")
    assert stages() == (0, ROWS[:4])
    merge_record(RUNS / "n.joint-s0", status="started")
    assert stages() == (0, ["fit n.joint-s0", "test n.joint-s0"])


def test_stages_that_no_row_needs_any_more_are_not_run(stages):
    stages()
    (RUNS / "separated-s0").rename("gone")
    assert stages() == (0, [])


def test_rows_whose_stage_failed_are_not_run_and_the_others_are(stages, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_FAIL", "separator")
    code, calls = stages("--jobs", "2")
    assert code == 1
    assert sorted(calls) == sorted([STAGES[0], *ROWS[:4]])
    text = PAGE.read_text()
    assert "| N *(2 not run, see below)* |" in text
    assert "- `n.joint-s0`: not run, because its stage `separated-s0` is not complete" in text
    assert "no audio under nowhere" in text
    told = capsys.readouterr().err
    assert "1 of 6 runs failed: separator-s0;" in told
    assert "3 not run, because a stage failed: separated-s0, n.simclr-s0, n.joint-s0" in told
    monkeypatch.delenv("FAKE_FAIL")
    assert stages() == (0, STAGES + ROWS[4:])
    assert "not run, because" not in PAGE.read_text()


def test_several_at_once_wait_for_their_stages(stages, monkeypatch):
    monkeypatch.setenv("FAKE_SLEEP", "0.3")
    code, calls = stages("--jobs", "3")
    assert code == 0  # the fake refuses to train before the separated clips are there
    assert sorted(calls) == sorted(STAGES + ROWS)


def test_a_changed_stage_runs_again_with_all_that_needs_it(stages, staged, write):
    stages()
    staged["stages"]["separator"]["args"] = ["--width=4"]
    write(staged)
    assert stages() == (0, STAGES + ROWS[4:])
    assert (RUNS / "separator-s0.old-1").exists()


def test_a_stage_may_be_tested(stages, staged, write):
    staged["stages"]["separator"]["test"] = True
    write(staged)
    assert stages("--only", "n")[1][:2] == ["fit separator-s0", "test separator-s0"]


def test_dry_run_prints_stages_first(stages, capsys):
    assert stages("--dry-run") == (0, [])
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("  # stage") for line in lines] == [True, True] + [False] * 8


def test_the_folder_of_data_reaches_all_jobs(stages):
    Path("sounds").mkdir()
    stages("--only", "n", "--data", "sounds")
    assert (RUNS / "separated-s0/separated.npy").read_text() == str(Path("sounds").resolve())


def test_one_job_alone(stages):
    assert stages("--job", "n.joint-s0") == (1, [])
    assert read_record(Path("docs/results/records/tones/n.joint-s0.json")).status == "blocked"
    assert stages("--job", "separator-s0") == (0, STAGES[:1])
    assert stages("--job", "separated-s0") == (0, STAGES[1:])
    assert stages("--job", "n.joint-s0") == (0, ["fit n.joint-s0", "test n.joint-s0"])
    assert stages("--job", "n.joint-s0") == (0, [])
    assert not PAGE.exists()
    assert stages("--page-only") == (0, [])
    assert "0.800" in PAGE.read_text()


@pytest.mark.slow
def test_a_kill_within_a_stage_is_mended_by_the_same_command(stages, monkeypatch):
    monkeypatch.setenv("FAKE_SLEEP", "60")
    program = f"import sys; from lightning_sepcl.cli.reproduce import run; sys.exit(run(['tones'], {FAKE}))"
    Path("calls.txt").write_text("")
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not Path("calls.txt").read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.terminate()
    process.communicate(timeout=30)
    assert read_record(RUNS / "separator-s0" / "record.json").status == "started"
    monkeypatch.setenv("FAKE_SLEEP", "0")
    assert stages() == (0, STAGES + ROWS)
