"""`sepcl export` as users give it: files, card, examples that work, and what is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

import lightning_sepcl
from lightning_sepcl.deploy import hub
from lightning_sepcl.ledger.run_record import merge_record
from lightning_sepcl.records import Result
from tests.fakes.trained import experiment, write_trained

ROOT = Path(__file__).parents[2]
DATA = {
    "name": "esc50",
    "manifest": "0123456789ab",
    "clips": {"train": 1200, "test": 400},
    "classes": 50,
    "hours": 2.78,
}


@pytest.fixture
def trained_run(tmp_path):
    """A run as `sepcl fit` and `sepcl test` leave it, of an encoder that was never trained."""
    folder = tmp_path / "run"
    model = {**experiment(), "class_path": "Supervised"}
    write_trained(folder / "checkpoints/best.ckpt", model, data={"class_path": "lightning_sepcl.data.esc.ESC50"})
    (folder / "config.yaml").write_text(yaml.safe_dump({"seed_everything": 7, "model": model}))
    results = [Result("embedding", "knn_map", 0.25, 0.02, 50, "5 nearest", 0)]
    merge_record(folder, data=DATA, results=results, commit="c0ffee", dirty=False, steps=12, status="complete")
    return folder


def snippets(card):
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


def test_every_target_its_card_and_its_examples(sepcl, trained_run, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    told = sepcl("export run --part encoder --to safetensors onnx torchscript hear --out out --licence cc-by-4.0")
    assert told.code == 0, told.err
    head = "samples  waves     output  safetensors"
    assert head in told.out
    assert len(told.out.splitlines()) == 19
    card = (tmp_path / "out/README.md").read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["license"] == "cc-by-4.0"
    assert header["pipeline_tag"] == "feature-extraction"
    for words in (
        "1200",
        "0123456789ab",
        "2.78",
        "0.250",
        "seed 7",
        "c0ffee",
        "CC BY-NC 3.0",
        "Apache-2.0",
        "SmallCNN",
    ):
        assert words in card, words
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    code = "\n".join(snippets(card))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path / "out", env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"\d+, \d+", done.stdout) == ["1, 8"] * 4
    assert all(len(snippet.splitlines()) == 2 for snippet in snippets(card))
    record = json.loads((tmp_path / "out/export.json").read_text())
    assert set(record["agreement"]) == {"safetensors", "onnx", "torchscript", "hear"}
    assert record["training"]["seed"] == 7


def test_a_supervised_run_gives_its_classifier(sepcl, trained_run, tmp_path):
    told = sepcl("export run --to safetensors --out out")
    assert told.code == 0, told.err
    model = lightning_sepcl.load(tmp_path / "out")
    assert model.classes == ("rain", "dog")
    card = (tmp_path / "out/README.md").read_text()
    assert "softmax is taken: rain, dog" in card
    assert "judge the embedding in front of the classifier" in card


def test_another_readout(sepcl, trained_run, tmp_path):
    assert sepcl("export run --part encoder --readout blocks --to safetensors --out out").code == 0
    assert lightning_sepcl.load(tmp_path / "out")(torch.zeros(1, 16000)).shape == (1, 36)


def test_what_cannot_be_exported_is_told_in_a_line(sepcl, trained_run, tmp_path):
    def refused(line):
        answer = sepcl(line)
        assert answer.code == 2
        assert len(answer.err.splitlines()) == 1
        return answer.err

    Path("mine").mkdir()
    Path("mine/README.md").write_text("mine")
    write_trained(tmp_path / "self.ckpt")
    assert "no target 'onx'; did you mean onnx?; there are: safetensors" in refused("export run --to onx --out out")
    assert "no checkpoint nowhere" in refused("export nowhere --to onnx --out out")
    assert "HEAR's tools take encoders" in refused("export run --to hear --out out")
    assert "has no readout 'block'" in refused("export run --to hear --out out --readout block")
    assert "trained by SimCLR, which has no classifier" in refused(
        "export self.ckpt --part classifier --to onnx --out o"
    )
    assert "holds other files" in refused("export run --to safetensors --out mine")
    assert "a model on the hub is named user/name" in refused("export run --to safetensors --out out --push name")
    assert "add safetensors to --to" in refused("export run --to onnx --out out --push user/name")
    assert not Path("out").exists()
    assert sepcl("export run --to safetensors --out out").code == 0
    assert "is an export already" in refused("export out --to onnx --out other")


def test_push_tells_how_to_load_it(sepcl, trained_run, monkeypatch):
    pytest.importorskip("huggingface_hub")
    pushed = []

    def push(folder, model_id, files, private):
        pushed.append((folder, model_id, files, private))
        return "abc123"

    monkeypatch.setattr("lightning_sepcl.cli.export.push", push)
    told = sepcl("export run --to safetensors --out out --push user/name --private")
    assert "lightning_sepcl.load('user/name', revision='abc123')" in told.out
    assert pushed == [(Path("out"), "user/name", ["README.md", "config.json", "model.safetensors"], True)]
    assert 'lightning_sepcl.load("user/name")' in Path("out/README.md").read_text()
    assert hub.is_model_id("user/name")
