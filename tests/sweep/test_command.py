from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.sweep.command import agent_words, fit_words, options
from lightning_sepcl.sweep.sweep_file import read_sweep

DRAWN = {"model.width": 8, "model.rate": 1e-05, "model.bias": False, "seed_everything": None, "a": "null", "b": [1, 2]}


def test_values_are_written_as_an_agent_writes_them():
    utils = pytest.importorskip("wandb.sdk.launch.sweeps.utils")
    theirs = utils.create_sweep_command_args({"args": {name: {"value": value} for name, value in DRAWN.items()}})
    assert options(DRAWN) == theirs["args"]


def test_the_same_words_but_without_an_account_in_a_folder_of_its_own(content, write):
    sweep = read_sweep(write(content))
    drawn = {"model.width": 4}
    assert agent_words(sweep.command, sweep.program, drawn) == [
        *("/usr/bin/env", "python", "-m", "lightning_sepcl.cli.main", "fit", "--config", "tiny.yaml", "--model.width=4")
    ]
    assert fit_words(sweep.command, drawn, Path("out/run-000"), ["--threads=1"]) == [
        *("fit", "--config", "tiny.yaml", "--model.width=4", "--trainer.logger=null"),
        *("--run", "out/run-000", "--resume", "--threads=1"),
    ]
