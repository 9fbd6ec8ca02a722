"""`sepcl demo-separation`: two trainings of a few steps, then a file with named channels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile as sf
import torch

from lightning_sepcl.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)
    torch.set_num_threads(1)
    yield
    torch.use_deterministic_algorithms(False)


def test_from_nothing_to_named_channels(tmp_path, capsys):
    run, cache = tmp_path / "run", tmp_path / "cache"
    assert main(["demo-separation", "--run", str(run), "--scale", "smoke", "--data.cache_dir", str(cache)]) == 0
    told = capsys.readouterr().out
    assert [line[:6] for line in told.splitlines() if line[1:5] == " of "] == ["1 of 3", "2 of 3", "3 of 3"]
    assert (run / "classifier.safetensors").exists()
    for name in ("classifier", "separator"):
        assert json.loads((run / name / "record.json").read_text())["status"] == "fitted"
    mixture, rate = sf.read(run / "mixture.wav")
    channels = [sf.read(path)[0] for path in sorted((run / "separated").glob("mixture_[0-9]*.wav"))]
    assert len(channels) == 2
    assert abs(sum(channels) - mixture).max() < 1e-3  # mixture consistency
    assert rate == 16000
    assert (run / "separated" / "mixture.html").exists()
    assert (run / "separated" / "mixture_labels.csv").exists()
