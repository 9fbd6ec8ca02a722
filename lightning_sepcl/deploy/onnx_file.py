"""ONNX: a model as a graph that onnxruntime and others run without PyTorch.

Written by PyTorch's exporter for TorchScript: the one for `torch.export` needs a graph that `torch.export` cannot make
of these networks for every length.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.graph_encoder import example_wave
from lightning_sepcl.deploy.torchscript import ScriptEncoder, ScriptSeparator, prepared, unmoved_by_deprecation
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError

ONNX = "model.onnx"
OPSET = 18
WAVE, FRAMES = "wave", "frames"
OUTPUTS = {"encoder": "embedding", "classifier": "logits", "separator": "sources"}
EXTRA = "pip install 'lightning_sepcl[onnx]'"


class BothOutputs(nn.Module):
    """Embedding, or logits, and frame embeddings of one wave."""

    def __init__(self, network: ScriptEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """(n, dim) and (n, dim, frame)."""
        return self.network.both(wave)


@torch.no_grad()
def write_onnx(path: Path, model: WaveModel) -> None:
    """Save a model as ONNX: input `wave` (batch, sample), both free.

    Raises:
        UserError: the package onnx is missing, or something in the network has no graph, or no operator of ONNX.
    """
    refuse_without_packages()
    network = prepared(model)
    first, separates = OUTPUTS[model.kind], isinstance(network, ScriptSeparator)
    axes = {WAVE: {0: "batch", 1: "sample"}, first: {0: "batch"}, FRAMES: {0: "batch", 2: "frame"}}
    if separates:
        axes = {WAVE: axes[WAVE], first: {0: "batch", 2: "sample"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unmoved_by_deprecation():
            torch.onnx.export(
                BothOutputs(network).eval() if isinstance(network, ScriptEncoder) else network,
                (example_wave(max(model.sample_rate, model.least_samples)),),
                str(path),
                input_names=[WAVE],
                output_names=[first] if separates else [first, FRAMES],
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        told = str(error).strip().splitlines()[0]
        raise UserError(f"this model cannot be written as ONNX: {told}; export --to safetensors") from error
    _describe(path, model)


def onnx_session(path: Path) -> Any:
    """A model in onnxruntime, on the CPU with as many threads as PyTorch has.

    Raises:
        UserError: onnxruntime is missing.
    """
    refuse_without_packages()
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_onnx(session: Any, wave: Tensor) -> list[Tensor]:
    """All outputs for waves (batch, sample)."""
    outputs = session.run(None, {WAVE: np.ascontiguousarray(wave.numpy(), dtype=np.float32)})
    return [torch.from_numpy(output) for output in outputs]


def refuse_without_packages() -> None:
    """Tell, before any work, that ONNX needs an extra.

    Raises:
        UserError: onnx or onnxruntime is missing.
    """
    for name in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            raise UserError(f"--to onnx needs {name}, which writes the file and checks it: {EXTRA}")


def _describe(path: Path, model: WaveModel) -> None:
    """What a reader of the file alone wants to know, as its metadata."""
    onnx = importlib.import_module("onnx")
    graph = onnx.load(str(path))
    told = {"sample_rate": str(model.sample_rate), "kind": model.kind}
    if isinstance(model, AudioClassifier):
        told["classes"] = "\n".join(model.classes)
    onnx.helper.set_model_props(graph, told)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
