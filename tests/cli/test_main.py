from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lightning_sepcl import __version__
from lightning_sepcl.cli.verbs import VERBS
from lightning_sepcl.errors import UserError

ROOT = Path(__file__).parents[2]


def process(*words, module="tests.cli.toy_suite"):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def test_overview(sepcl):
    text = sepcl("--help").out
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 120
    assert all(verb in text for verb in VERBS)
    assert sepcl("").out == text
    assert sepcl("--version").out == f"sepcl {__version__}\n"


@pytest.mark.parametrize("verb", ["fit", "validate", "test", "predict"])
def test_help_fits_a_screen(sepcl, verb):
    lines = sepcl(f"{verb} --config x --help").out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 120
    assert ("--resume" in "\n".join(lines)) == (verb == "fit")


def test_an_unknown_verb(refused):
    assert refused("tset --run x").startswith("error: no verb 'tset'; did you mean test?; there are: demo, ")
    assert len(refused("nonsense").splitlines()) == 1


def test_debugging_shows_where_it_came_from(sepcl, monkeypatch):
    monkeypatch.setenv("SEPCL_DEBUG", "1")
    with pytest.raises(UserError, match="no file"):
        sepcl("fit --config nowhere.yaml")


def test_every_verb_can_be_imported():
    import importlib

    for _, target in VERBS.values():
        module, _, name = target.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["fit", "--help"], ["nonsense"]])
def test_what_needs_no_torch_does_not_import_it(words):
    code = f"import sys; from lightning_sepcl.cli.main import main; main({words}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_process_of_its_own(tmp_path):
    """Fit, judge and fail as a user would; without tracebacks and adverts."""
    done = process("fit", "--config", "base.yaml", "--trainer.max_steps", "2")
    assert done.returncode == 0, done.stderr
    assert "Tip" not in done.stderr
    assert "Warning" not in done.stderr
    wrong = process("fit", "--config", "base.yaml", "--model.nonsense", "1")
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert wrong.stderr.startswith("error: --model.nonsense: ")
    assert len(wrong.stderr.splitlines()) == 2
