from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl import shipped
from lightning_sepcl.cli.main import main
from lightning_sepcl.ledger.finding import find_table
from lightning_sepcl.shipped import here_or_shipped, matching, shipped_folder

ROOT = Path(__file__).parents[1]
DEMO = Path("experiments/demo.yaml")


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_here_comes_first():
    assert here_or_shipped(DEMO) == shipped_folder() / "demo.yaml"
    DEMO.parent.mkdir()
    DEMO.write_text("a: 1\n")
    assert here_or_shipped(DEMO) == DEMO
    assert here_or_shipped(Path("experiments/nowhere.yaml")) == Path("experiments/nowhere.yaml")
    assert here_or_shipped(Path("demo.yaml")) == Path("demo.yaml")


def test_a_checkout_ships_its_own_and_a_wheel_its_copy(tmp_path, monkeypatch):
    assert shipped_folder() == ROOT / "experiments"
    (tmp_path / "_experiments").mkdir()
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path)
    assert shipped_folder() == tmp_path / "_experiments"


def test_files_of_both_are_listed_once():
    folder = Path("experiments/scales")
    folder.mkdir(parents=True)
    (folder / "mini.yaml").write_text("a: 1\n")
    (folder / "own.yaml").write_text("a: 1\n")
    names = [path.name for path in matching(folder, "*.yaml")]
    assert names == sorted(set(names))
    assert {"mini.yaml", "own.yaml", "smoke.yaml"} <= set(names)


@pytest.mark.parametrize("name", ["scenes/table4", "esc50", "experiments/tables/demo.yaml"])
def test_tables_are_found_by_name(name, capsys):
    assert not find_table(name).is_absolute()
    assert main(["reproduce", name, "--dry-run", "--seeds", "1"]) == 0
    assert "sepcl fit --config experiments/" in capsys.readouterr().out


def test_an_experiment_may_inherit_from_a_shipped_one(capsys):
    Path("mine.yaml").write_text(
        "inherits: [experiments/demo.yaml]\nmodel: {init_args: {encoder: experiments/parts/encoders/cnn14.yaml}}\n"
    )
    assert main(["fit", "--config", "mine.yaml", "--print_config"]) == 0
    told = capsys.readouterr().out
    assert "SyntheticScenes" in told
    assert "CNN14" in told.upper()
