from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def content():
    """A small sweep file, as a dict that a test may change before writing it."""
    return {
        "program": "lightning_sepcl.cli.main",
        "command": ["${env}", "${interpreter}", "-m", "${program}", "fit", "--config", "tiny.yaml", "${args}"],
        "method": "grid",
        "metric": {"name": "val/score", "goal": "maximize"},
        "parameters": {
            "model.width": {"values": [4, 8]},
            "model.rate": {"values": [0.1, 0.2, 0.4]},
            "threads": {"value": 1},
        },
    }


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a sweep file into an empty folder, which becomes the present one."""
    monkeypatch.chdir(tmp_path)

    def write_sweep(content) -> Path:
        path = Path("mine.yaml")
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write_sweep


@pytest.fixture(scope="session")
def wandb_sweeps():
    """W&B's own package, to compare with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an older pydantic's settings
        return pytest.importorskip("sweeps")
