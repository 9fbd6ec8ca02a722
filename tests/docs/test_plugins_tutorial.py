"""The plugin tutorial from its first block to its last: its files, its commands, and a folder that moved."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml

from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.errors import UserError

PAGE = (Path(__file__).parents[2] / "docs/plugins_tutorial.md").read_text()
FILES = {name: text for text, name in re.findall(r"```\w+\n(# ([\w.]+)\n.*?)```", PAGE, re.DOTALL)}
COMMANDS = [shlex.split(line, comments=True) for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
            for line in block.splitlines()]  # fmt: skip
MODULES = [Path(name).stem for name in FILES if name.endswith(".py")]


def forget():
    """As in a new process: without the plugin modules and without their folders."""
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.path[:] = [folder for folder in sys.path if not Path(folder, "my_echo.py").exists()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tutorial's folder after all its commands but the last, which is about files that have moved."""
    place = tmp_path_factory.mktemp("tutorial")
    for name, text in FILES.items():
        (place / name).write_text(text)
    patch = pytest.MonkeyPatch()
    patch.chdir(place)
    patch.setenv("SEPCL_CACHE", str(tmp_path_factory.mktemp("cache")))
    torch.set_num_threads(1)
    with patch.context():
        for program, *words in COMMANDS[:-1]:
            assert program == "sepcl"
            assert main(words) == 0, words
    yield place
    patch.undo()
    forget()
    torch.use_deterministic_algorithms(False)


def test_the_page_shows_four_files_and_five_commands():
    assert list(FILES) == ["my_echo.py", "my_encoder.py", "my_data.py", "train.yaml"]
    assert [command[1] for command in COMMANDS] == ["plugins", "preview", "fit", "test", "test"]


def test_the_run_has_everything(folder):
    assert (folder / "views.png").stat().st_size > 10_000
    run = folder / "runs/train"
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["plugins"] == [str(folder / name) for name in ("my_echo.py", "my_encoder.py", "my_data.py")]
    assert config["model"]["init_args"]["encoder"]["class_path"] == "my_encoder.TimeCNN"
    results = yaml.safe_load((run / "results.json").read_text())
    found = {r["what"]: r["value"] for r in results if r["metric"] == "knn_accuracy"}
    assert found["embedding"] > 0.8  # three kinds that are easily told apart; chance is a third


@pytest.mark.parametrize("name", ["Echo", "TimeCNN", "Beeps"])
def test_plugins_lists_them_with_docstring_and_arguments(folder, name, capsys):
    paths = [word for module in MODULES for word in ("--path", str(folder / f"{module}.py"))]
    assert main(["plugins", name, *paths]) == 0
    shown = capsys.readouterr().out
    family = {"Echo": "augmentation", "TimeCNN": "encoder", "Beeps": "data"}[name]
    summary = {"Echo": "Adds one echo", "TimeCNN": "Two convolutions", "Beeps": "Computed beeps"}[name]
    assert shown.startswith(f"{name} ({family}): {summary}")
    for line in {"Echo": ["longest_seconds: float = 0.2", "latest time of the echo."],
                 "TimeCNN": ["dim: int = 64", "frequency bands of the features."],
                 "Beeps": ["clips: int = 150", "batch_size: int = 64"]}[name]:  # fmt: skip
        assert line in shown
    assert main(["plugins", *paths]) == 0
    assert re.search(rf"^  {name} +{summary}", capsys.readouterr().out, re.MULTILINE)


def test_it_trains_and_is_tested_from_another_folder(folder, tmp_path, monkeypatch):
    """Plugin files are meant relative to the YAML that names them, not to where the command is given."""
    forget()
    monkeypatch.chdir(tmp_path)
    short = ["--trainer.max_steps=1", "--run", "here"]
    assert main(["fit", "--config", str(folder / "train.yaml"), *short]) == 0
    forget()
    assert main(["test", "--run", str(folder / "runs/train")]) == 0


def test_a_misspelt_argument_is_refused_with_the_one_that_was_meant(folder, capsys):
    words = ["fit", "--config", str(folder / "train.yaml"), "--model.front.wave_augment.0.loudes", "1"]
    assert main(words) == 2
    assert "did you mean loudest?" in capsys.readouterr().err


@pytest.fixture
def moved(folder, tmp_path, monkeypatch):
    """The run in one place, the plugin files in another, and nothing where they were."""
    shutil.copytree(folder / "runs/train", tmp_path / "runs/train")
    (tmp_path / "elsewhere").mkdir()
    for module in MODULES:
        shutil.move(folder / f"{module}.py", tmp_path / "elsewhere" / f"{module}.py")
    sys.path[:] = [place for place in sys.path if place != str(folder)]
    forget()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    forget()
    sys.path[:] = [place for place in sys.path if place != str(tmp_path / "elsewhere")]
    for module in MODULES:
        shutil.move(tmp_path / "elsewhere" / f"{module}.py", folder / f"{module}.py")


def test_moved_files_are_asked_for_and_found(moved, folder, capsys):
    assert main(["test", "--run", "runs/train"]) == 2
    error = capsys.readouterr().err
    assert error == f"error: no plugin file {folder}/my_echo.py: if it lies elsewhere, name it with --plugins FILE\n"
    _, *words = COMMANDS[-1]
    assert main(words) == 0
    assert "embedding" in capsys.readouterr().out


def test_a_checkpoint_alone_asks_for_its_plugins_and_takes_imported_ones(moved, folder, monkeypatch):
    checkpoint = moved / "runs/train/checkpoints/last.ckpt"
    with pytest.raises(UserError) as told:
        load_trained(checkpoint)
    assert str(told.value) == (
        f"{checkpoint} was trained with classes from {folder}/my_echo.py, which is not there: put it back, "
        "or write `import my_echo` first, from where it lies now"
    )
    monkeypatch.syspath_prepend(str(moved / "elsewhere"))
    for module in MODULES:
        __import__(module)
    method = load_trained(checkpoint)
    assert type(method.encoder).__name__ == "TimeCNN"
    assert method.embed(torch.zeros(1, 1, 16000), torch.tensor([16000]))["embedding"].shape == (1, 32)
