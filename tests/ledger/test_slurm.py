from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lightning_sepcl.cli.reproduce import run
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import jobs_of
from lightning_sepcl.ledger.run_record import read_record
from lightning_sepcl.ledger.slurm import levels
from lightning_sepcl.ledger.table_file import read_table

FOLDER = Path("runs/tables/tones/slurm")
FAKE = [sys.executable, str(Path(__file__).with_name("fake_sepcl.py"))]


@pytest.fixture
def slurm(staged, write, monkeypatch):
    """Writes the scripts for the table with stages; their tasks run our command line with fake trainings."""
    write(staged)
    monkeypatch.setenv("FAKE_LOG", "calls.txt")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    program = Path("our_sepcl.py").resolve()
    program.write_text(
        f"import sys\nfrom lightning_sepcl.cli.reproduce import run\nsys.exit(run(sys.argv[2:], {FAKE}))\n"
    )

    def call(*args):
        return run(["tones", "--launcher", "slurm", *args], program=[sys.executable, str(program)])

    return call


def jobs_in(script):
    text = (FOLDER / script).read_text()
    return re.search(r"jobs=\(\n(.*?)\n\)", text, re.DOTALL)[1].split()


def test_levels_follow_the_needs(staged, write):
    jobs = jobs_of(read_table(write(staged)), [0], Path("runs"))
    assert [[job.name for job in level] for level in levels(jobs)] == [
        ["separator-s0", "plain.simclr-s0", "plain.joint-s0"],
        ["separated-s0"],
        ["n.simclr-s0", "n.joint-s0"],
    ]
    assert [len(level) for level in levels(jobs[1:])] == [3, 2]  # the separator is complete


def test_scripts_that_bash_reads_and_slurm_would(slurm, capsys):
    assert slurm("--seeds", "2", "--threads", "2", "--sbatch=--partition=gpu --gres=gpu:1") == 0
    assert capsys.readouterr().out == f"bash {FOLDER}/submit.sh   # hands 12 jobs to Slurm\n"
    scripts = ["array0.sbatch", "array1.sbatch", "array2.sbatch", "collect.sbatch", "submit.sh"]
    assert sorted(p.name for p in FOLDER.iterdir()) == scripts
    for script in FOLDER.iterdir():
        subprocess.run(["bash", "-n", script], check=True)
    assert len(jobs_in("array0.sbatch")) == 6
    head = [line for line in (FOLDER / "array0.sbatch").read_text().splitlines() if line.startswith("#SBATCH")]
    assert {"#SBATCH --array=0-5", "#SBATCH --cpus-per-task=2", "#SBATCH --gres=gpu:1"} <= set(head)
    assert "--gres" not in (FOLDER / "collect.sbatch").read_text()
    assert not Path("calls.txt").exists()


def test_a_task_runs_its_job_alone(slurm):
    slurm("--seeds", "1", "--only", "plain", "--threads", "3", "--", "--trainer.max_steps=2")
    assert jobs_in("array0.sbatch")[1] == "plain.joint-s0"
    environment = os.environ | {"SLURM_ARRAY_TASK_ID": "1"}
    done = subprocess.run(["bash", FOLDER / "array0.sbatch"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path("calls.txt").read_text().splitlines() == ["fit plain.joint-s0 3", "test plain.joint-s0 3"]
    command = read_record(Path("docs/results/records/tones/plain.joint-s0.json")).command
    assert command.endswith("--joint --trainer.max_steps=2")
    assert not Path("docs/results/tones.md").exists()


def test_the_last_job_writes_the_page(slurm):
    slurm("--seeds", "1", "--scale", "paper")
    last = Path("runs/tables/tones/paper/slurm/collect.sbatch").read_text().splitlines()[-1]
    words = shlex.split(last)
    assert words[-1] == "--page-only"
    assert run(words[words.index("reproduce") + 1 :]) == 0
    assert "| N |  | 0.660 |" in Path("docs/results/tones-paper.md").read_text()


def test_submission_chains_the_arrays(slurm, monkeypatch, capsys):
    sbatch = Path("bin/sbatch")
    sbatch.parent.mkdir()
    sbatch.write_text('#!/bin/bash\necho "$@" >> sbatch.txt\necho "$(wc -l < sbatch.txt);cluster"\n')
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{Path('bin').resolve()}{os.pathsep}{os.environ['PATH']}")
    assert slurm("--seeds", "1", "--submit") == 0
    assert (FOLDER / "sbatch.txt").read_text().splitlines() == [
        "--parsable array0.sbatch",
        "--parsable --dependency=afterany:1 array1.sbatch",
        "--parsable --dependency=afterany:2 array2.sbatch",
        "--parsable --dependency=afterany:3 collect.sbatch",
    ]
    assert "collect: 4;cluster" in capsys.readouterr().out


def test_nothing_left_to_run(slurm, capsys):
    run(["tones", "--seeds", "1", "--only", "plain"], program=FAKE)
    capsys.readouterr()
    assert slurm("--seeds", "1", "--only", "plain") == 0
    assert capsys.readouterr().out == "all runs are complete\n"


def test_no_slurm_here(slurm, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LedgerError, match=f"no sbatch on this machine: run `bash {FOLDER}/submit.sh` where Slurm is"):
        slurm("--seeds", "1", "--submit")
