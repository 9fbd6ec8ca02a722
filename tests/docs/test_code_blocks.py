"""Every block of code in the documents is run, or read by what reads it in earnest: parsers, loaders, imports.

Pages that are carried out whole, in folders of their own, have tests of their own: test_how_to.py,
test_plugins_tutorial.py, test_walkthroughs.py.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from data_sim.corpus.configuration import read_configuration
from lightning_sepcl.cli import training
from lightning_sepcl.cli.data_modules import class_named
from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.reproduce_options import split
from lightning_sepcl.cli.signatures import signature_of
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.cli.verbs import TRAINING_VERBS
from lightning_sepcl.cli.words import words_of
from lightning_sepcl.ledger.table_file import read_table
from tests.docs.pages import HOW_TO, QUICK, ROOT, all_blocks, commands_of, write_files

LANGUAGES = {"python", "py", "bash", "yaml", "toml", "text"}
"""`text` is what a program prints."""
PLAIN = {"docs/architecture.md": 1, "docs/guide.md": 1}
"""Pages with blocks that are no code, and how many: a diagram, and the listing of a run's folder."""
NOT_CHECKED = {
    "hear-validator": "of the package hearvalidator, no dependency",
    "python -m heareval": "of the package heareval, no dependency",
    "wandb agent": "needs an account",
    "tensorboard": "waits for a browser",
    "ssh -L": "needs another machine",
    "(echo": "a pipe of the shell's own programs",
    "hf auth": "needs an account",
    "torchrun": "its commands are run by tests/e2e/test_machines.py",
    "sbatch": "needs Slurm; tests/e2e/test_machines.py reads the script",
    "python -m lightning_sepcl.cli.ray_fit": "tests/cli/test_ray_fit.py runs it where Ray is installed",
    "python benchmarks/": "the options are those of benchmarks/harness.py, which tests/benchmarks runs",
}
TUTORIAL = ROOT / "docs/plugins_tutorial.md"
WHOLE = {TUTORIAL, *(HOW_TO / f"add_{kind}.md" for kind in QUICK)}
"""Pages whose commands are all carried out by default, by tests of their own."""
WITH_PLUGINS = {TUTORIAL, *HOW_TO.glob("add_*.md")} - {HOW_TO / "add_table.md"}
"""Pages whose settings are read when their commands are."""
PARENT = "model: {init_args: {front: {views: TemporalProximity, features: LogMel}}}"
"""Stands in for the parent of the guide's first example, which is about files in general."""
DEMO = "experiments/demo.yaml"
EXPERIMENT_KEYS = {"inherits", "plugins", "seed_everything", "threads", "run", "data", "model", "trainer", "evaluation",
                   "checkpoint"}  # fmt: skip
PART = re.compile(r"# part of an experiment: ([\w.]+)")
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])


class Parsed(BaseException):
    """Raised by a verb's own parser once it has understood its options; `rest` is what it leaves to others."""

    def __init__(self, given, rest):
        self.given, self.rest = given, rest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder with the repository's experiments beside; plugin modules are forgotten afterwards."""
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    (tmp_path / "experiments/base.yaml").write_text(PARENT)
    monkeypatch.chdir(tmp_path)
    modules, places = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = places
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def test_every_block_says_its_language():
    plain = {}
    for block in all_blocks():
        if block.language not in LANGUAGES:
            page = block.page.relative_to(ROOT).as_posix()
            plain[page] = plain.get(page, 0) + 1
    assert plain == PLAIN, "a block of no language that is checked: name it, or list it here"


@pytest.mark.parametrize("block", all_blocks("python"), ids=lambda b: b.name)
def test_python_runs(block, monkeypatch):
    """From the repository's folder, as a module; what stands below `__main__` is for the pages' own tests."""
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block.text, block.name, "exec"), {"__name__": "block"})


@pytest.mark.parametrize("block", all_blocks("py"), ids=lambda b: b.name)
def test_python_that_needs_files_imports_what_exists(block):
    """`py` marks code that needs what the page made before: it is run by test_walkthroughs.py and test_how_to.py."""
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("my_"):
            for name in node.names:
                assert hasattr(importlib.import_module(node.module), name.name), f"{node.module}.{name.name}"
        elif isinstance(node, ast.Import):
            for name in node.names:
                importlib.import_module(name.name)


def commands():
    return [(block, words) for block in all_blocks("bash") if block.page not in WHOLE for words in commands_of(block)]


def ids(commands):
    return [f"{block.name} {' '.join(words)[:60]}" for block, words in commands]


SEPCL = [(block, words) for block, words in commands() if words[0] == "sepcl"]
OTHERS = [(block, words) for block, words in commands() if words[0] not in ("sepcl", "make")]


@pytest.mark.parametrize(("block", "words"), SEPCL, ids=ids(SEPCL))
def test_commands_are_understood_by_their_parsers(block, words, folder, monkeypatch, capsys):
    write_files(block.page, folder)
    verb, rest = words[1], words[2:]
    if verb not in TRAINING_VERBS:
        stop_when_parsed(monkeypatch)
        with pytest.raises(Parsed) as understood:
            main([verb, *rest])
        check_what_is_left(verb, rest, understood.value)
    else:
        check_training(verb, rest)


def stop_when_parsed(monkeypatch):
    parse = argparse.ArgumentParser.parse_known_args

    def known(self, args=None, namespace=None):
        raise Parsed(*parse(self, args, namespace))

    def whole(self, args=None, namespace=None):
        given, rest = parse(self, args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {rest[0]}")
        raise Parsed(given, [])

    monkeypatch.setattr(VerbParser, "parse_known_args", known)
    monkeypatch.setattr(VerbParser, "parse_args", whole)
    monkeypatch.setattr("lightning_sepcl.cli.rooms.main", lambda args: rooms(args))


def rooms(args):
    from data_sim.command_line import _parser

    raise Parsed(_parser().parse_args(args), [])


def check_what_is_left(verb, words, understood):
    """Options that a verb's parser hands on: to `sepcl fit`, or to a data module."""
    if verb in ("preview", "separate-dataset"):
        check_training("fit", understood.rest)
    elif verb in ("demo", "demo-separation"):
        words_of(understood.rest)
    elif verb == "reproduce":
        words_of(split(words)[1])
    elif verb == "data" and understood.rest:
        known = signature_of(class_named(understood.given.name)).arguments
        options = [word[2:].partition("=")[0] for word in understood.rest if word.startswith("--")]
        assert set(options) <= set(known), options
    else:
        assert not understood.rest


UNDERSTOOD = {}
"""Experiments as they are composed: many lines differ in the folder of the run alone."""


def check_training(verb, words):
    """The whole experiment, put together and parsed; a run's own file is the one it would have: the demo's."""
    understood = words_of(words)
    files = [c if Path(c).is_file() else DEMO for c in understood.configs] or [DEMO]
    options = [part for name, text in understood.settings for part in (f"--{name}", text)]
    plugins = [part for p in understood.plugins for part in ("--plugins", p if Path(p).is_file() else Path(p).name)]
    if not understood.configs and not understood.settings:
        return  # a run's folder and nothing else
    assert all(c.startswith("runs/") for c in understood.configs if not Path(c).is_file()), understood.configs
    key = (tuple(files), tuple(options), tuple(plugins))
    if key not in UNDERSTOOD:
        configs = [part for file in files for part in ("--config", file)]
        with contextlib.redirect_stdout(io.StringIO()):
            UNDERSTOOD[key] = training.run("fit", [*configs, *options, *plugins, "--print_config"])
    assert UNDERSTOOD[key] == 0


@pytest.mark.parametrize(("block", "words"), OTHERS, ids=ids(OTHERS))
def test_other_programs_are_there(block, words, folder):
    line = " ".join(words)
    if any(line.startswith(program) for program in NOT_CHECKED):
        return
    named = write_files(block.page, folder)
    if words[0] == "pip":
        assert set(re.findall(r"\[(\w+)\]", line)) <= EXTRAS
    elif line.startswith("python -m data_sim"):
        with pytest.raises(Parsed):
            rooms(words[3:])
    elif words[0] == "python":
        script = folder / words[1] if words[1] in named else ROOT / words[1]
        for option in (word.partition("=")[0] for word in words[2:] if word.startswith("--")):
            # a script of a page may be another program with a plugin more
            assert option in script.read_text() or "command_line import main" in script.read_text(), option
        assert script.is_file()
    elif line.startswith("wandb sweep"):
        assert (ROOT / words[2]).is_file()
    else:
        assert line == ".venv/bin/pre-commit install", f"no rule for {line}"


@pytest.mark.parametrize("block", [b for b in all_blocks("yaml") if b.page not in WITH_PLUGINS], ids=lambda b: b.name)
def test_yaml_is_read_by_its_loader(block, folder):
    """Tables by the reader of tables; the rest as a part of an experiment, laid over the demo where it is not whole."""
    content, part = yaml.safe_load(block.text), PART.match(block.text)
    write_files(block.page, folder)
    if "columns" in content:
        file = folder / "experiments/scenes/block.yaml"  # experiments are looked for beside the table
        file.write_text(block.text)
        assert read_table(file).rows
        return
    if part:
        for key in reversed(part[1].split(".")):
            content = {key: content}
    assert set(content) <= EXPERIMENT_KEYS, (
        "neither an experiment nor a table: say in its first line what it is part of"
    )
    file = folder / "experiments/esc50/block.yaml"
    file.write_text(yaml.safe_dump(content))
    below = [] if {"data", "model"} <= set(content) else ["--config", DEMO]
    with contextlib.redirect_stdout(io.StringIO()):
        assert training.run("fit", [*below, "--config", str(file), "--print_config"]) == 0


@pytest.mark.parametrize("block", [b for b in all_blocks("yaml") if (b.file or "").startswith("experiments/")],
                         ids=lambda b: b.name)  # fmt: skip
def test_yaml_that_quotes_an_experiment_quotes_it_truly(block):
    if (ROOT / block.file).is_file():
        assert is_part(yaml.safe_load(block.text), yaml.safe_load((ROOT / block.file).read_text()))


def is_part(quoted, whole):
    if isinstance(quoted, dict):
        return isinstance(whole, dict) and all(k in whole and is_part(v, whole[k]) for k, v in quoted.items())
    return quoted == whole


@pytest.mark.parametrize("block", all_blocks("toml"), ids=lambda b: b.name)
def test_toml_is_read_by_the_simulator(block, folder, monkeypatch):
    names = set(re.findall(r'ENGINES\["(\w+)"\]', block.page.read_text()))
    monkeypatch.setattr("data_sim.corpus.configuration.ENGINES", dict.fromkeys(["exact", "fast", *names]))
    (folder / "sounds").mkdir()
    (folder / "rooms.toml").write_text(block.text)
    assert read_configuration(folder / "rooms.toml").recordings
