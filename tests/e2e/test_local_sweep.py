"""`sepcl sweep` with real trainings, without an account: killed, gone on with, judged."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from lightning_sepcl.cli.main import main
from lightning_sepcl.ledger.curves import read_curves
from lightning_sepcl.ledger.run_record import read_record
from lightning_sepcl.sweep.draws import draw
from lightning_sepcl.sweep.sweep_file import read_sweep

ROOT = Path(__file__).parents[2]
FILE = "tests/e2e/tiny_sweep.yaml"
ESC = "experiments/sweeps/esc50_simclr.yaml"


@pytest.mark.slow
def test_it_runs_is_killed_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    out = tmp_path / "out"
    command = [*(sys.executable, "-m", "lightning_sepcl.cli.main", "sweep", FILE, "--out", str(out), "--")]
    command += ["--data.cache_dir", str(tmp_path / "cache"), "--trainer.max_steps=24", "--trainer.max_epochs=-1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment.pop("WANDB_RUN_ID", None)
    first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    while not list(out.glob("run-001/checkpoints/last.ckpt")):
        assert first.poll() is None, first.stderr.read()
        time.sleep(0.2)
    first.send_signal(signal.SIGTERM)
    _, told = first.communicate(timeout=120)
    assert first.returncode == 130, told
    assert "stopped; the same command goes on where it was" in told
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    drawn = [json.loads((out / f"run-{i:03d}/draw.json").read_text()) for i in range(3)]
    sweep = read_sweep(Path(FILE))
    assert [d["drawn"] for d in drawn] == [draw(sweep, 0, i, []) for i in range(3)]
    endings = [d["ending"] for d in drawn]
    assert endings[0] == "finished"
    assert set(endings) <= {"finished", "stopped"}
    for i, ending in enumerate(endings):
        folder = out / f"run-{i:03d}"
        config = yaml.safe_load((folder / "config.yaml").read_text())
        temperature = config["model"]["init_args"]["objective"]["init_args"]["temperature"]
        assert temperature == pytest.approx(drawn[i]["drawn"]["model.objective.temperature"])
        steps = list(read_curves(folder / "log")["val/qbe_map"])
        assert (len(steps) == 12) is (ending == "finished"), (ending, steps)
        assert (folder / "checkpoints/last.ckpt").is_file()
        assert read_record(folder / "record.json").status == {"finished": "fitted"}.get(ending, ending)
    page = (out / "page.md").read_text()
    assert page.count("| `run-0") == 3
    assert "**hardware**" in page
    assert "<svg" in (out / "page.html").read_text()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model.objective.temprature": {"values": [0.1]}}, r"did you mean .*temperature\?"),
        ({"trainer.max_stepz": {"values": [1]}}, r"did you mean trainer\.max_steps\?"),
    ],
)
def test_a_parameter_that_the_experiment_does_not_know(change, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(Path(FILE).read_text()) | {"parameters": change}))
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: sweep file {file}: --")
    assert len(error.splitlines()) == 1
    assert re.search(told, error), error
    assert not (tmp_path / "out").exists()


def test_the_suites_own_sweeps_show_what_they_would_run(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("WANDB_RUN_ID", raising=False)
    assert main(["sweep", ESC, "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 * 3 * 3
    assert lines[0].startswith(
        "sepcl fit --config experiments/esc50/simclr.yaml --config experiments/sweeps/parts/agent"
    )
    assert lines[0].endswith("--trainer.logger=null --run runs/sweeps/esc50_simclr/run-000 --resume")
