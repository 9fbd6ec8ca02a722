from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml

from lightning_sepcl.cli import plugins, training
from lightning_sepcl.cli.main import main
from tests.cli import toy_suite

BASE = """
trainer:
  {max_epochs: 2, accelerator: cpu, enable_progress_bar: false, enable_model_summary: false, log_every_n_steps: 1}
model:
  class_path: ToySimCLR
  init_args:
    encoder: {class_path: Straight, init_args: {width: 6, p: 0.25}}
    augmentations:
      - {class_path: Louder, init_args: {p: 0.5}}
      - Later
    temperature: 0.2
data: {class_path: Numbers}
"""


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def config(self):
        return yaml.safe_load(self.out)


@pytest.fixture(autouse=True)
def toys(tmp_path, monkeypatch):
    """The toy suite in place of the real one, in an empty folder that holds `base.yaml`."""
    torch.set_num_threads(1)
    monkeypatch.setattr(training, "suite_bases", toy_suite.toy_bases)
    monkeypatch.setattr(plugins, "default_families", lambda: toy_suite.FAMILIES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEPCL_DEBUG", raising=False)
    Path("base.yaml").write_text(BASE)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def sepcl(capsys):
    """Runs a command line: `sepcl("fit --config base.yaml")`; words with spaces follow one by one."""

    def run(line, *words):
        capsys.readouterr()
        code = main([*line.split(), *words])
        streams = capsys.readouterr()
        return Answer(code, streams.out, streams.err)

    return run


@pytest.fixture
def config(sepcl):
    """The resolved experiment of `sepcl fit ...`."""

    def resolved(line, *words):
        answer = sepcl(f"fit {line} --print_config", *words)
        assert answer.code == 0, answer.err
        return answer.config

    return resolved


@pytest.fixture
def refused(sepcl):
    """The message of a command line that must fail, checked to be short and without a traceback."""

    def message(line, *words):
        answer = sepcl(line, *words)
        assert answer.code == 2
        assert "error: " in answer.err
        assert "Traceback" not in answer.err
        assert "usage" not in answer.err
        assert len(answer.err.splitlines()) <= 12
        return answer.err[answer.err.index("error: ") :]

    return message
