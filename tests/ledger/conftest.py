from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.records import Result


@pytest.fixture
def content():
    """A small table file, as a dict that a test may change before writing it."""
    return {
        "title": "Tones",
        "about": "Which tone is it?",
        "seeds": 3,
        "columns": {"accuracy": {"heading": "nearest mean"}},
        "rows": {"ours": {"label": "Ours", "experiment": "ours.yaml"}},
        "baselines": {"raw": {"label": "Untrained", "what": "untrained"}},
        "claims": {"learns": {"says": "training helps", "test": "ours.accuracy > raw.accuracy"}},
    }


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a table file with its experiment into an empty folder, which becomes the present one."""
    monkeypatch.chdir(tmp_path)

    def write_table(content) -> Path:
        path = Path("experiments/tables/tones.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "ours.yaml").write_text("trainer: {max_steps: 5}\n")
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write_table


@pytest.fixture
def table(content, write):
    return read_table(write(content))


@pytest.fixture
def record():
    """Makes a complete record whose embedding and untrained accuracy are the given figures."""

    def make(ours, raw, **parts) -> RunRecord:
        results = [
            Result(w, "accuracy", v, 0.1, 20, "nearest class mean", 0)
            for w, v in (("embedding", ours), ("untrained", raw))
        ]
        return RunRecord("run", results=tuple(results), **({"status": "complete", "commit": "abc123"} | parts))

    return make


@pytest.fixture
def staged(content):
    """The content of a table file whose rows have two runs each and need two stages."""
    content["columns"] = {
        "alone": {"run": "simclr", "metric": "accuracy", "heading": "SimCLR"},
        "both": {"run": "joint", "metric": "accuracy", "heading": "jointly"},
    }
    content["stages"] = {
        "separated": {
            "command": ["separate-dataset", "--checkpoint", "{separator}/config.yaml", "--out", "{separated}"],
            "needs": ["separator"],
        },
        "separator": {"experiment": "ours.yaml", "args": ["--width=3"]},
    }
    content["runs"] = {"simclr": {"experiment": "ours.yaml"}, "joint": {"experiment": "ours.yaml", "args": ["--joint"]}}
    content["rows"] = {
        "plain": {"label": "Plain", "paper": {"alone": 0.64, "both": 0.65}},
        "n": {"label": "N", "needs": ["separated"], "args": ["--separated={separated}"], "paper": {"alone": 0.66}},
    }
    content["claims"] = {
        "joint_helps": {"says": "both tasks help", "test": "row.both > row.alone", "over": "rows"},
        "near": {"says": "about equal", "test": "|n.both - plain.both| <= 0.003"},
    }
    return content
