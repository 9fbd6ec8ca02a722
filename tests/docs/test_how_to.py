"""The pages `docs/how_to/add_*.md`: their files in an empty folder, their commands, and what these leave behind."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.cli.main import main
from tests.docs.pages import HOW_TO, QUICK, ROOT, blocks_of, commands_of, write_files

TRAINING = ["augmentation", "feature", "encoder", "view", "method", "separator", "protocol", "data_set"]
SHORT = ["--trainer.max_steps=2", "--threads", "1"]
FEW = ["--data.train=16"]
"""Behind every `sepcl fit` of the pages: two steps instead of twenty; half of the scenes, where there are scenes."""
IS_LEFT = {
    "augmentation": ["runs/overdrive/checkpoints/last.ckpt"],
    "feature": ["spectrum.png", "runs/spectrum/checkpoints/last.ckpt"],
    "encoder": ["runs/gru/checkpoints/last.ckpt"],
    "view": ["far_apart.png", "runs/far_apart/checkpoints/last.ckpt"],
    "method": ["runs/barlow/results.json"],
    "separator": ["runs/masks/results.json"],
    "protocol": ["runs/nearest_mean/results.json"],
    "data_set": ["example/takes.csv", "runs/takes/results.json"],
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Most pages train on the same scenes, which are rendered once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path, monkeypatch, cache):
    """An empty folder to work in; afterwards everything is as in a new process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEPCL_CACHE", str(cache))
    monkeypatch.setenv("SEPCL_WORKERS", "1")  # starting processes costs more than these few clips
    modules, places = set(sys.modules), list(sys.path)
    yield tmp_path
    torch.use_deterministic_algorithms(False)
    sys.path[:] = places
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def carried_out(page, folder):
    """All commands of a page but the gallery, in this process."""
    write_files(page, folder)
    few = FEW if "SyntheticScenes" in page.read_text() else []
    for program, *words in (words for block in blocks_of(page, "bash") for words in commands_of(block)):
        if program == "python":
            run_script(words)
        elif "--gallery" not in words:
            more = {"fit": [*SHORT, *few], "preview": few}.get(words[0], [])
            assert program == "sepcl"
            assert main([*words, *more]) == 0, words


def run_script(words):
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(SystemExit):
        patch.setattr(sys, "argv", words)
        runpy.run_path(words[0], run_name="__main__")
    gc.collect()  # the script's classes go with its process


def test_every_page_is_listed_and_has_one_file_of_code_and_one_of_settings():
    pages = sorted(HOW_TO.glob("add_*.md"))
    listed = (HOW_TO / "README.md").read_text()
    assert {p.stem.removeprefix("add_") for p in pages} == {*TRAINING, "table", "room_engine"}
    for page in pages:
        assert f"]({page.name})" in listed
        files = [block.file for block in blocks_of(page) if block.file]
        endings = sorted(Path(file).suffix for file in files)
        assert endings in ([".py", ".yaml"], [".py", ".toml"]) or (page.stem == "add_table" and endings == [".yaml"])


def in_their_time(kinds):
    return [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in kinds]


@pytest.mark.parametrize("kind", in_their_time(TRAINING))
def test_the_commands_of_the_page_work(kind, folder, capsys):
    carried_out(HOW_TO / f"add_{kind}.md", folder)
    for file in IS_LEFT[kind]:
        assert (folder / file).stat().st_size > 100, file
    if kind == "protocol":
        metrics = {r["metric"] for r in json.loads((folder / "runs/nearest_mean/results.json").read_text())}
        assert metrics == {"nearest_mean_map", "knn_map"}


@pytest.mark.slow
def test_the_augmentation_is_in_the_gallery(folder):
    write_files(HOW_TO / "add_augmentation.md", folder)
    (block,) = blocks_of(HOW_TO / "add_augmentation.md", "bash")
    assert main(commands_of(block)[1][1:]) == 0
    assert ">Overdrive<" in (folder / "overdrive.html").read_text()


def test_the_data_set_is_read_with_its_parts(folder):
    page = HOW_TO / "add_data_set.md"
    write_files(page, folder)
    run_script(["my_takes.py", "example"])
    takes = runpy.run_path("my_takes.py")["Takes"](root="example")
    parts = [entry.split for entry in takes.manifest.entries]
    assert {part: parts.count(part) for part in parts} == {"train": 24, "val": 8, "test": 8}


def test_the_engine_gives_the_direct_sound_and_renders(folder, capsys):
    page = HOW_TO / "add_room_engine.md"
    (folder / "sounds/tick").mkdir(parents=True)
    sf.write(folder / "sounds/tick/0.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 8000), 16000)
    carried_out(page, folder)
    assert "all files are there" in capsys.readouterr().out
    sys.path.insert(0, str(folder))
    made = {}
    (block,) = blocks_of(page, "py")
    exec(block.text, made)
    h = made["h"]
    away = (made["array"].positions.double() - torch.tensor([1.0, 4.0, 1.5])).norm(dim=1)
    assert torch.equal(h[0].argmax(1), (away / 343 * 16000).round().long())
    energy = h[0].double().square().sum(1).sqrt()  # of a delayed click: its amplitude, but for what is cut off
    torch.testing.assert_close(energy, 1 / (4 * torch.pi * away), rtol=5e-3, atol=0)


@pytest.fixture
def repository(folder):
    """A folder with the experiments, as the page on tables asks for."""
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    (block,) = blocks_of(HOW_TO / "add_table.md", "yaml")
    (folder / block.file).write_text(block.text)
    return folder


def table_commands():
    (block,) = blocks_of(HOW_TO / "add_table.md", "bash")
    return [words[1:] for words in commands_of(block)]


def test_the_table_is_planned(repository):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(table_commands()[0]) == 0
    lines = out.getvalue()
    assert lines.count("sepcl fit") == 6  # two rows, three seeds
    assert "--model.objective.temperature=0.5" in lines


@pytest.mark.slow
def test_the_tables_row_runs_and_its_page_is_written(repository):
    few = ["--threads", "1", "--", "--data.train=16", "--data.val=8", "--data.test=8"]
    assert main([*table_commands()[1], *few]) == 0
    page = (repository / "docs/results/temperatures-smoke.md").read_text()
    assert "temperature 0.1" in page
    assert "both beat the untrained encoder" in page
