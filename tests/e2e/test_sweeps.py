"""Every sweep file: W&B's own schema accepts it, and what an agent would run trains."""

import json
import sys
import warnings
from pathlib import Path

import pytest
import torch
import yaml

from lightning_sepcl.cli.main import main
from lightning_sepcl.conditioning import save_classifier
from tests.fakes.classifier import small_classifier
from tests.fakes.esc import write_esc

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an older pydantic's settings
    sweeps = pytest.importorskip("sweeps")

ROOT = Path(__file__).parents[2]
SWEEPS = sorted((ROOT / "experiments/sweeps").glob("*.yaml"))
OFFLINE = ["--trainer.logger=null"]  # an agent logs to W&B, which needs an account
SMOKE = str(ROOT / "experiments/scales/smoke.yaml")
SMOKE_SEPARATOR = str(ROOT / "experiments/scales/smoke_separator.yaml")


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("WANDB_RUN_ID", "abc123")
    yield
    torch.use_deterministic_algorithms(False)


def command_of(sweep, run):
    """The words an agent puts together, as wandb does: macros replaced, drawn values as --key=value."""
    values = {"env": ["/usr/bin/env"], "interpreter": [sys.executable], "program": [sweep["program"]]}
    values["args"] = [f"--{name}={entry['value']}" for name, entry in run.config.items()]
    return [w for word in sweep["command"] for w in (values[word[2:-1]] if str(word).startswith("${") else [word])]


@pytest.mark.parametrize("file", SWEEPS, ids=lambda f: f.stem)
def test_the_schema_accepts_it_and_an_agents_command_trains(file, tmp_path, capsys):
    sweep = yaml.safe_load(file.read_text())
    assert sweeps.schema_violations_from_proposed_config(sweep) == []
    drawn = sweeps.next_run(sweep, [])
    words = command_of(sweep, drawn)
    assert words[:4] == ["/usr/bin/env", sys.executable, "-m", "lightning_sepcl.cli.main"]
    data = ["--data.cache_dir", str(tmp_path / "cache")]
    if "esc50" in file.stem:
        data += ["--data.root", str(write_esc(tmp_path / "esc", clips_per_class_and_fold=1, seconds=2.5))]
    else:
        data += ["--data.train=12", "--data.val=6", "--data.test=6", "--data.seconds=2.0"]
    scale = SMOKE
    if "conditioned" in file.stem:
        root = write_esc(tmp_path / "esc", clips_per_class_and_fold=1, seconds=2.5)
        save_classifier(tmp_path / "classifier.safetensors", small_classifier())
        told = f"--model.separator.classifier.file={tmp_path / 'classifier.safetensors'}"
        data = [data[0], data[1], *data[2:5], f"--data.singles.root={root}", "--data.lists=null", told]
        scale = SMOKE_SEPARATOR
    small = ["--config", scale, *data, "--trainer.precision=32-true", "--threads=1"]
    run = tmp_path / "run"
    assert main([*words[4:], *small, *OFFLINE, "--run", str(run)]) == 0, capsys.readouterr().err
    config = yaml.safe_load((run / "config.yaml").read_text())
    for name, entry in drawn.config.items():
        value = entry["value"]  # as an agent writes it on the command line
        assert found(config, name) == (None if value == "null" else pytest.approx(value))
    assert json.loads((run / "record.json").read_text())["steps"] == 2


def found(config, name):
    """What a resolved config says at `model.objective.temperature`; an item of a list by its number."""
    for key in name.split("."):
        inside = config.get("init_args", {}) if isinstance(config, dict) else {}
        config = config[int(key)] if isinstance(config, list) else inside[key] if key in inside else config[key]
    return config


def test_every_run_of_an_agent_has_a_folder_of_its_own(capsys):
    files = ["experiments/scenes/simclr.yaml", "experiments/sweeps/parts/agent.yaml"]
    assert main(["fit", *(w for f in files for w in ("--config", f)), "--print_config"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["run"] == "runs/sweeps/abc123"
