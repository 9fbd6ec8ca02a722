from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lightning_sepcl.cli.reproduce import run as reproduce_main
from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.run_record import merge_record, read_record

FAKE = (sys.executable, str(Path(__file__).with_name("fake_sepcl.py")))
PAGE = Path("docs/results/tones.md")
RUNS = Path("runs/tables/tones")


@pytest.fixture
def run(content, write, monkeypatch):
    """Runs `sepcl reproduce` on the small table; returns its exit status and the calls of the command line it made."""
    content["rows"]["other"] = {"experiment": "ours.yaml", "args": ["--width=2"]}
    write(content)
    monkeypatch.setenv("FAKE_LOG", "calls.txt")

    def call(*args):
        Path("calls.txt").write_text("")
        code = reproduce_main(["tones", *args], program=FAKE)
        return code, [line.rsplit(" ", 1)[0] for line in Path("calls.txt").read_text().splitlines()]

    return call


def test_fit_then_test_for_every_row_and_seed(run):
    code, calls = run("--seeds", "3")
    assert code == 0
    assert calls[:4] == ["fit ours-s0", "test ours-s0", "fit other-s0", "test other-s0"]
    assert len(calls) == 12
    text = PAGE.read_text()
    assert "| Ours | **0.810 ± 0.025** (3) |" in text
    assert "**confirmed**" in text
    assert "sepcl reproduce experiments/tables/tones.yaml --seeds 3" in text
    record = read_record(Path("docs/results/records/tones/ours-s2.json"))
    assert (record.status, record.seed, record.data["name"]) == ("complete", 2, "tones")
    assert record.command.startswith("sepcl fit --config experiments/tables/ours.yaml --seed_everything 2 --run runs/")


def test_what_is_complete_is_not_run_again(run):
    run("--seeds", "1")
    assert run("--seeds", "1") == (0, [])
    assert run("--seeds", "2")[1] == ["fit ours-s1", "test ours-s1", "fit other-s1", "test other-s1"]


def test_a_changed_experiment_runs_again_and_keeps_the_old_run(run):
    run("--seeds", "1", "--only", "ours")
    Path("experiments/tables/ours.yaml").write_text("trainer: {max_steps: 6}\n")
    assert run("--seeds", "1", "--only", "ours")[1] == ["fit ours-s0", "test ours-s0"]
    assert (RUNS / "ours-s0.old-1" / "results.json").exists()


def test_a_changed_resolved_config_runs_again(run):
    run("--seeds", "1", "--only", "ours")
    (RUNS / "ours-s0" / "config.yaml").write_text("seed_everything: 0\nedited: true\n")
    assert run("--seeds", "1", "--only", "ours")[1] == ["fit ours-s0", "test ours-s0"]


def test_a_run_killed_before_its_test_goes_on_with_the_test(run):
    run("--seeds", "1", "--only", "ours")
    merge_record(RUNS / "ours-s0", status="fitted")
    assert run("--seeds", "1", "--only", "ours")[1] == ["test ours-s0"]


def test_a_failing_row_does_not_stop_the_others(run, monkeypatch):
    monkeypatch.setenv("FAKE_FAIL", "ours")
    code, calls = run("--seeds", "2")
    assert code == 1
    assert calls.count("test other-s1") == 1
    text = PAGE.read_text()
    assert "no audio under nowhere: point data.root at it" in text
    assert "epoch 0" in text
    monkeypatch.delenv("FAKE_FAIL")
    assert run("--seeds", "2")[1] == ["fit ours-s0", "test ours-s0", "fit ours-s1", "test ours-s1"]
    assert "no audio" not in PAGE.read_text()


def test_folds(run, content, write):
    content["each"] = {"data.test_fold": [1, 2]}
    write(content)
    run("--seeds", "1", "--only", "ours")
    assert "| Ours | **0.950** (1) |" in PAGE.read_text()


def test_two_at_once_with_one_thread_each(run, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv("FAKE_SLEEP", "0.8")
    began = time.monotonic()
    code, _ = run("--seeds", "1", "--jobs", "2")
    assert code == 0
    threads = [line.split()[-1] for line in Path("calls.txt").read_text().splitlines()]
    assert threads == ["1"] * 4
    assert [line.split()[0] for line in Path("calls.txt").read_text().splitlines()][:2] == ["fit", "fit"]
    assert time.monotonic() - began < 20


def test_threads_may_be_given(run):
    run("--seeds", "1", "--threads", "3", "--only", "ours")
    assert {line.split()[-1] for line in Path("calls.txt").read_text().splitlines()} == {"3"}


def test_dry_run_prints_and_runs_nothing(run, capsys):
    code, calls = run("--seeds", "2", "--dry-run", "--", "--trainer.max_steps=2")
    lines = capsys.readouterr().out.splitlines()
    assert (code, calls, PAGE.exists(), RUNS.exists()) == (0, [], False, False)
    assert sum(line.startswith("sepcl fit") for line in lines) == 4
    assert lines[0].endswith("--resume --trainer.max_steps=2")
    assert lines[1] == "sepcl test --run runs/tables/tones/ours-s0"


def test_dry_run_marks_what_is_complete(run, capsys):
    run("--seeds", "1", "--only", "ours")
    run("--seeds", "1", "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("# complete already") for line in lines] == [True, True, False, False]


def test_page_only_needs_no_runs(run):
    run("--seeds", "3")
    first = PAGE.read_text()
    PAGE.unlink()
    RUNS.rename("elsewhere")
    assert run("--page-only") == (0, [])
    assert PAGE.read_text() == first


def test_progress_tells_the_time_left(run, capsys):
    run("--seeds", "1")
    told = capsys.readouterr().err
    assert "[1/2] ours-s0 complete after" in told
    assert "left" in told


def test_wrong_names(run):
    with pytest.raises(LedgerError, match="no table file"):
        reproduce_main(["nowhere"])
    with pytest.raises(LedgerError, match="did you mean `other`"):
        run("--only", "othr")
    with pytest.raises(LedgerError, match="no scale file"):
        run("--scale", "huge")
    with pytest.raises(UserError, match=r"no folder nowhere for --data"):
        run("--data", "nowhere")
    with pytest.raises(UserError, match="no option --seedz; did you mean --seeds"):
        run("--seedz", "3")
    with pytest.raises(LedgerError, match="--job: unknown name `our-s0`, did you mean `ours-s0`"):
        run("--job", "our-s0")


def test_a_stop_ends_the_subprocess_and_the_same_command_goes_on(run, monkeypatch):
    monkeypatch.setenv("FAKE_SLEEP", "60")
    program = (
        "import sys; from lightning_sepcl.cli.reproduce import run;"
        f"sys.exit(run(['tones', '--seeds', '1', '--only', 'ours'], {FAKE}))"
    )
    Path("calls.txt").write_text("")
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not Path("calls.txt").read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on where it was" in told
    assert read_record(RUNS / "ours-s0" / "record.json").status == "started"
    monkeypatch.setenv("FAKE_SLEEP", "0")
    assert run("--seeds", "1", "--only", "ours") == (0, ["fit ours-s0", "test ours-s0"])


def test_scales_do_not_mix(run):
    Path("experiments/scales").mkdir()
    Path("experiments/scales/mini.yaml").write_text("a: 1\n")
    run("--seeds", "1")
    assert run("--seeds", "1", "--scale", "mini")[1][0] == "fit ours-s0"
    assert (RUNS / "mini/ours-s0/record.json").exists()
    assert "**Scale mini**" in Path("docs/results/tones-mini.md").read_text()
    assert "Scale" not in PAGE.read_text()
    assert run("--seeds", "1")[1] == run("--seeds", "1", "--scale", "mini")[1] == []


def test_a_page_for_a_browser_and_a_picture(run):
    run("--seeds", "1")
    html = (RUNS / "page.html").read_text()
    assert "<h1>Tones</h1>" in html
    assert "<svg" in html
    assert "pictures/tones.svg" in PAGE.read_text()
    assert Path("docs/results/pictures/tones.svg").stat().st_size < 300_000


def test_without_a_table_all_are_listed(run, capsys, content, write):
    content |= {"scale": "mini", "cost": {"mini": "an hour on 2 cores"}}
    write(content)
    Path("experiments/tables/broken.yaml").write_text("title: x\ncolumns: {}\n")
    assert reproduce_main([]) == 0
    broken, tones = capsys.readouterr().out.splitlines()
    assert tones == "tones   Tones (2 rows, 3 seeds at mini, an hour on 2 cores)"
    assert broken.startswith("broken  cannot be used: ")
