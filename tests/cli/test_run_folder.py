from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli.run_folder import RunFolder, run_of_checkpoint
from lightning_sepcl.errors import UserError


def checkpoint(name, age, **content):
    file = Path("run/checkpoints") / name
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"callbacks": {}, **content}, file)
    os.utime(file, (1e9 - age, 1e9 - age))
    return file


def test_an_empty_run_has_nothing_to_offer():
    assert RunFolder(Path("run")).to_continue_from() == (None, "")
    assert RunFolder(Path("run")).to_judge() is None
    assert RunFolder(Path("run")).set_aside() is None


def test_continues_from_the_latest_that_can_be_read():
    older = checkpoint("step=5.ckpt", 10)
    last = checkpoint("last.ckpt", 0)
    assert RunFolder(Path("run")).to_continue_from() == (last, "")
    last.write_bytes(last.read_bytes()[:-40])
    assert RunFolder(Path("run")).to_continue_from() == (
        older,
        "last.ckpt cannot be read; continuing from step=5.ckpt",
    )
    older.write_bytes(b"")
    with pytest.raises(UserError, match="none of the checkpoints"):
        RunFolder(Path("run")).to_continue_from()


def test_judges_the_best_also_after_the_folder_was_moved():
    best = checkpoint("epoch=1.ckpt", 10)
    state = {"monitor": "val", "best_model_path": "/elsewhere/run/checkpoints/epoch=1.ckpt"}
    checkpoint("last.ckpt", 0, callbacks={"ModelCheckpoint": state})
    assert RunFolder(Path("run")).to_judge() == best


def test_judges_the_last_where_nothing_was_monitored():
    checkpoint("epoch=1.ckpt", 10)
    state = {"monitor": None, "best_model_path": "run/checkpoints/epoch=1.ckpt"}
    last = checkpoint("last.ckpt", 0, callbacks={"ModelCheckpoint": state})
    assert RunFolder(Path("run")).to_judge() == last


def test_earlier_runs_are_set_aside_one_by_one():
    for number in (1, 2):
        checkpoint("last.ckpt", 0)
        Path("run/config.yaml").write_text("x")
        assert RunFolder(Path("run")).set_aside() == Path(f"run/earlier_{number}")
    assert sorted(str(f) for f in Path("run").rglob("*.*")) == [
        f"run/earlier_{n}/{f}" for n in (1, 2) for f in ("checkpoints/last.ckpt", "config.yaml")
    ]


def test_the_run_of_a_checkpoint():
    file = checkpoint("last.ckpt", 0)
    assert run_of_checkpoint(file) is None
    Path("run/config.yaml").write_text("x")
    assert run_of_checkpoint(file).path == Path("run").resolve()
