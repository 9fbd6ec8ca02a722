from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.tf_checkpoint import DamagedCheckpoint, TFCheckpoint
from tests.fakes.tf_checkpoint import write_tf_checkpoint

GENUINE = Path(__file__).parents[1] / "golden/separation_tf"
TOLD = json.loads((GENUINE / "variables.json").read_text())


def values():
    rng = np.random.default_rng(0)
    return {
        "a/kernel": rng.standard_normal((3, 4)).astype(np.float32),
        "a/kernel_longer": rng.standard_normal(700).astype(np.float64),
        "b": np.float32(0.25),
        "global_step": np.int64(-7),
        "half": rng.standard_normal((2, 1, 3)).astype(np.float16),
        "nothing": np.zeros((0, 2), np.int32),
        "yes": np.array([True, False]),
    }


def test_a_checkpoint_that_tensorflow_wrote():
    checkpoint = TFCheckpoint(GENUINE)
    assert len(checkpoint.variables) == TOLD["names"]
    assert list(checkpoint.variables) == sorted(checkpoint.variables)
    for name, (shape, dtype, total) in TOLD["variables"].items():
        value = checkpoint.read(name)
        assert (list(value.shape), str(value.dtype)) == (shape, dtype), name
        assert value.astype(np.float64).sum() == pytest.approx(total, rel=1e-12), name
    for name in checkpoint.variables:
        checkpoint.read(name)  # the checksums of Adam's slots


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("per_block", [1, 3, 100])
def test_all_types_over_blocks_and_shards(tmp_path, shards, per_block):
    checkpoint = TFCheckpoint(write_tf_checkpoint(tmp_path / "net", values(), shards=shards, per_block=per_block))
    assert checkpoint.shards == shards
    assert list(checkpoint.variables) == sorted(values())
    for name, value in values().items():
        found = checkpoint.read(name)
        assert found.dtype == value.dtype
        assert found.shape == value.shape
        assert np.array_equal(found, value)


def test_every_way_to_name_it(tmp_path):
    prefix = write_tf_checkpoint(tmp_path / "model.ckpt-3", values())
    for path in (tmp_path, prefix, f"{prefix}.index", f"{prefix}.data-00000-of-00001"):
        assert TFCheckpoint(path).prefix == prefix
    write_tf_checkpoint(tmp_path / "model.ckpt-4", values())
    with pytest.raises(UserError, match=r"should hold one checkpoint, found: model.ckpt-3, model.ckpt-4; name one"):
        TFCheckpoint(tmp_path)
    with pytest.raises(UserError, match=r"no checkpoint .*model.ckpt-5: there is no file model.ckpt-5.index"):
        TFCheckpoint(tmp_path / "model.ckpt-5")


@pytest.fixture
def genuine(tmp_path):
    for file in GENUINE.glob("model.ckpt-1.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "model.ckpt-1"


def change(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [0, 100, 5000, -200, -60, -45, -3])
def test_a_changed_index_is_told(genuine, at):
    change(Path(f"{genuine}.index"), at)
    with pytest.raises(DamagedCheckpoint, match=r"model.ckpt-1.index is"):
        _ = TFCheckpoint(genuine).variables


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.99])
def test_a_cut_index_is_told(genuine, share):
    index = Path(f"{genuine}.index")
    index.write_bytes(index.read_bytes()[: int(share * index.stat().st_size)])
    with pytest.raises(DamagedCheckpoint, match="no TensorFlow V2 checkpoint index, or it was cut short"):
        _ = TFCheckpoint(genuine).variables


def test_no_change_of_a_byte_goes_unseen(tmp_path):
    """Of the index: one sentence, never another exception, never other variables. Padding may change freely."""
    prefix = write_tf_checkpoint(tmp_path / "net", values())
    right, index = TFCheckpoint(prefix).variables, Path(f"{prefix}.index")
    data = index.read_bytes()
    for at in range(len(data)):
        index.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            assert TFCheckpoint(prefix).variables == right
        except DamagedCheckpoint:
            continue


def test_changed_cut_and_missing_data_are_told(genuine):
    data = Path(f"{genuine}.data-00000-of-00001")
    name = "conv_encoder/dense/kernel"
    change(data, TFCheckpoint(genuine).variables[name].offset + 9)
    with pytest.raises(DamagedCheckpoint, match=f"{name} should be 5120 bytes at .* 5120 are there with another check"):
        TFCheckpoint(genuine).read(name)
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(DamagedCheckpoint, match=r"is damaged: global_step should be 8 bytes at \d+, 0 are there$"):
        TFCheckpoint(genuine).read("global_step")
    data.unlink()
    with pytest.raises(
        UserError, match=r"no file .*data-00000-of-00001, which belongs to model.ckpt-1.index: copy all"
    ):
        TFCheckpoint(genuine).read(name)


@pytest.mark.parametrize(
    ("settings", "why"),
    [({"big_endian": True}, "big-endian"), ({"compression": 1}, "is compressed")],
)
def test_what_cannot_be_read_is_told(tmp_path, settings, why):
    with pytest.raises(DamagedCheckpoint, match=why):
        _ = TFCheckpoint(write_tf_checkpoint(tmp_path / "net", values(), **settings)).variables


def test_unknown_names_and_types_are_told(tmp_path):
    checkpoint = TFCheckpoint(write_tf_checkpoint(tmp_path / "net", values(), dtype=7))
    with pytest.raises(UserError, match="has no variable c"):
        checkpoint.read("c")
    with pytest.raises(UserError, match="b has TensorFlow's type 7, which cannot be read here"):
        checkpoint.read("b")
