from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli.run_folder import (
    TO_CONTINUE,
    RunFolder,
    content_of,
    refuse_to_continue,
    run_of_checkpoint,
    trusted_content,
)
from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.run_record import merge_record


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


def test_continues_from_the_last_even_where_the_best_is_newer():
    checkpoint("best.ckpt", 0)
    last = checkpoint("last.ckpt", 10)
    assert RunFolder(Path("run")).to_continue_from() == (last, "")


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


def whole(name, age):
    return checkpoint(name, age, **{key: {"weight": torch.zeros(100)} for key in TO_CONTINUE})


def flip(file, byte):
    data = bytearray(file.read_bytes())
    data[byte] ^= 1
    file.write_bytes(data)


def test_a_flipped_bit_among_the_weights_is_found():
    file = whole("last.ckpt", 0)
    assert content_of(file) is not None
    flip(file, file.read_bytes().index(bytes(400)) + 200)
    torch.load(file, weights_only=True)  # does not see it
    assert content_of(file) is None


def test_a_refusal_names_the_one_that_can_be_used():
    file, previous = whole("last.ckpt", 0), whole("previous.ckpt", 10)
    checkpoint("weights.ckpt", 5)  # nothing that training could go on from
    file.write_bytes(b"")
    for refuse in (trusted_content, refuse_to_continue):
        with pytest.raises(UserError, match=rf"{file} is damaged.*; {previous} can be used"):
            refuse(file)
    previous.write_bytes(b"")
    with pytest.raises(UserError, match=r"is not trusted$"):
        trusted_content(file)


def test_weights_alone_cannot_be_continued_from():
    file = checkpoint("best.ckpt", 0, state_dict={})
    trusted_content(file)
    with pytest.raises(UserError, match=r"holds no optimizer_states$"):
        refuse_to_continue(file)


class Trap:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("sprung"),)


def test_code_in_a_checkpoint_is_not_run():
    file = checkpoint("last.ckpt", 0, state_dict=Trap())
    with pytest.raises(UserError, match="is not trusted"):
        trusted_content(file)
    assert not Path("sprung").exists()


def train(folder, entered, leave):
    with RunFolder(folder).alone(print):
        entered.set()
        leave.wait()


def test_two_processes_do_not_train_in_one_folder():
    fork = multiprocessing.get_context("fork")
    entered, leave = fork.Event(), fork.Event()
    process = fork.Process(target=train, args=(Path("run"), entered, leave))
    process.start()
    entered.wait()
    left = Path("run/checkpoints/.last.ckpt.12345")
    left.parent.mkdir()
    left.write_bytes(b"half")
    told = []

    def say(sentence):
        told.append(sentence)
        leave.set()

    with RunFolder(Path("run")).alone(say):
        assert not left.exists()
    process.join()
    assert told == ["another process is training in run; waiting for it"]


def test_nothing_of_an_earlier_run_gets_into_the_record_of_the_next():
    checkpoint("last.ckpt", 0)
    log = Path("run/log/version_0/metrics.csv")
    log.parent.mkdir(parents=True)
    log.write_text("step,val/qbe_map\n900,0.9\n")
    result = {"protocol": "p", "what": "h", "metric": "qbe_map", "value": 0.9, "n": 4, "chance": 0.1, "seed": 0}
    Path("run/results.json").write_text(json.dumps([result]))
    earlier = merge_record(Path("run"), recipe_sha256="old", status="complete")
    assert earlier.results
    assert earlier.curves
    RunFolder(Path("run")).set_aside()
    anew = merge_record(Path("run"), status="started")
    assert (anew.results, anew.curves, anew.recipe_sha256) == ((), {}, "")
    assert Path("run/earlier_1/results.json").is_file()
