"""Every target holds what the checkpoint computes, for any length and batch size; what it cannot hold is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

import lightning_sepcl
from lightning_sepcl import hear
from lightning_sepcl.deploy.agreement import TOLERANCE, agreement, worst
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.onnx_file import ONNX
from lightning_sepcl.deploy.targets import TARGETS, output_names, outputs_of
from lightning_sepcl.errors import UserError
from tests.deploy.test_loading import without
from tests.fakes.trained import SMALL, experiment, write_trained

ENCODERS = {
    "SmallCNN": SMALL,
    "CNN14": {"class_path": "CNN14", "init_args": {"width": 0.0625, "dim": 8}},
    "ResNet18": {"class_path": "ResNet18", "init_args": {"width": 0.0625, "dim": 8}},
    "CRNN": {"class_path": "CRNN", "init_args": {"width": 0.0625, "dim": 8, "channels": 1, "bins": 64}},
    "MobileNet": {"class_path": "MobileNet", "init_args": {"width": 0.125}},
}
GRAPHS = ("onnx", "torchscript", "hear")


def needs(target):
    if target == "onnx":
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    return TARGETS[target]


def difference(target, model, folder):
    target.write(folder, model)
    return worst(agreement(outputs_of(model), target.read(folder, model), output_names(model), model)).relative


@pytest.mark.parametrize("target", GRAPHS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_encoders(tmp_path, encoder, target):
    model = lightning_sepcl.load(write_trained(tmp_path / "a.ckpt", experiment(ENCODERS[encoder])))
    assert difference(needs(target), model, tmp_path) < TOLERANCE / 10


@pytest.mark.parametrize("target", GRAPHS)
@pytest.mark.parametrize("readout", ["PooledEmbedding", "BlockStatistics"])
def test_encoders_that_average_windows(tmp_path, checkpoint, readout, target):
    loaded = lightning_sepcl.load(checkpoint)
    arguments = {"last": 2} if readout == "BlockStatistics" else {}
    description = replace(loaded.description, window_samples=18000, readout={"class": readout, "arguments": arguments})
    model = AudioEncoder(description)
    model.load_state_dict(loaded.state_dict())
    assert difference(needs(target), model.ready("cpu"), tmp_path) < TOLERANCE / 10


@pytest.mark.parametrize("target", ["onnx", "torchscript"])
def test_classifiers_and_separators(tmp_path, classifier_checkpoint, separator_file, target):
    for source in (classifier_checkpoint, separator_file):
        assert difference(needs(target), lightning_sepcl.load(source), tmp_path) < TOLERANCE / 10


def test_a_separator_takes_a_single_sample(tmp_path, separator_file):
    model, wave = lightning_sepcl.load(separator_file), torch.full((1, 1), 0.3)
    for name in ("onnx", "torchscript"):
        target = needs(name)
        target.write(tmp_path, model)
        torch.testing.assert_close(target.read(tmp_path, model)(wave)[0], model(wave), atol=1e-5, rtol=1e-4)


def test_onnx_tells_what_it_is(tmp_path, classifier_checkpoint):
    onnx = pytest.importorskip("onnx")
    needs("onnx").write(tmp_path, lightning_sepcl.load(classifier_checkpoint))
    graph = onnx.load(str(tmp_path / ONNX))
    told = {entry.key: entry.value for entry in graph.metadata_props}
    assert told == {"sample_rate": "16000", "kind": "classifier", "classes": "rain\ndog"}
    shapes = [[d.dim_param for d in value.type.tensor_type.shape.dim] for value in graph.graph.input]
    assert shapes == [["batch", "sample"]]
    assert [value.name for value in graph.graph.output] == ["logits", "frames"]


def test_the_hear_module_is_the_suites_own(tmp_path, checkpoint):
    """Scenes, timestamps and times are those of `lightning_sepcl.hear`, without anything of the suite being there."""
    TARGETS["hear"].write(tmp_path, lightning_sepcl.load(checkpoint))
    expected, audio = hear.load_model(str(checkpoint)), 0.1 * torch.randn(2, 30000)
    torch.save(audio, tmp_path / "audio")
    code = f"""
import sys, torch
sys.path.insert(0, {str(tmp_path)!r})
import hear_model
model, audio = hear_model.load_model(), torch.load({str(tmp_path / "audio")!r})
sizes = (model.sample_rate, model.scene_embedding_size, model.timestamp_embedding_size)
found = [hear_model.get_scene_embeddings(audio, model), *hear_model.get_timestamp_embeddings(audio, model)]
torch.save([sizes, *found], {str(tmp_path / "found")!r})
"""
    done = without(["lightning_sepcl", "pytorch_lightning", "numpy.random"], code)
    assert done.returncode == 0, done.stderr[-3000:]
    sizes, scenes, frames, times = torch.load(tmp_path / "found")
    assert sizes == (16000, 8, 8)
    torch.testing.assert_close(scenes, hear.get_scene_embeddings(audio, expected), atol=1e-5, rtol=1e-4)
    wanted, at = hear.get_timestamp_embeddings(audio, expected)
    torch.testing.assert_close(frames, wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(times, at)


def test_what_a_target_cannot_hold_is_refused(tmp_path, classifier_checkpoint):
    with pytest.raises(UserError, match="HEAR's tools take encoders, this is a classifier"):
        TARGETS["hear"].write(tmp_path, lightning_sepcl.load(classifier_checkpoint))
    low = {"init_args": {"high_hz": 3500.0}}
    slow = lightning_sepcl.load(write_trained(tmp_path / "low.ckpt", experiment(None, low), sample_rate=8000))
    with pytest.raises(UserError, match="this encoder has 8000 Hz"):
        TARGETS["hear"].write(tmp_path, slow)


def test_torchscript_runs_without_the_suite(tmp_path, checkpoint):
    model = lightning_sepcl.load(checkpoint)
    TARGETS["torchscript"].write(tmp_path, model)
    code = f"import torch; print(int(torch.jit.load({str(tmp_path / 'model.pt')!r}).sample_rate))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "16000\n", done.stderr
