"""What a model can be exported to: each target writes its files, and reads them back to be compared."""

from __future__ import annotations

import importlib.util
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from torch import Tensor

from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.deploy import hear_module
from lightning_sepcl.deploy.agreement import Outputs
from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.onnx_file import FRAMES, ONNX, OUTPUTS, onnx_session, run_onnx, write_onnx
from lightning_sepcl.deploy.product import CONFIG, WEIGHTS, read_product, write_product
from lightning_sepcl.deploy.torchscript import TORCHSCRIPT, read_torchscript, scripted, write_torchscript
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError

HEAR_MODULE = "hear_model.py"
HEAR_RATES = (16000, 22050, 44100, 48000)
"""Sample rates that HEAR 2021 has its tasks at."""


class Target(ABC):
    """Base class of the targets.

    Attributes:
        name: as on the command line.
        files: what it writes into the export's folder.
        usage: Python lines that work inside that folder; `{samples}` and `{source}` are filled in.
        about: what reads it, for people.
    """

    name: str
    files: tuple[str, ...]
    usage: str
    about: str

    @abstractmethod
    def write(self, folder: Path, model: WaveModel) -> None:
        """All files.

        Raises:
            UserError: this model cannot be exported so, or a package is missing.
        """

    @abstractmethod
    def read(self, folder: Path, model: WaveModel) -> Outputs:
        """What was written, as a function of waves; outputs are those of `output_names`."""


class Safetensors(Target):
    """Weights and a description, for this suite on any device."""

    name, files = "safetensors", (CONFIG, WEIGHTS)
    about = "weights, and what to build around them; read by lightning_sepcl, on any device"
    usage = """\
import lightning_sepcl, torch
print(lightning_sepcl.load("{source}")(torch.zeros(1, {samples})).shape)"""

    def write(self, folder: Path, model: WaveModel) -> None:
        """Any model of the suite."""
        write_product(folder, model)

    def read(self, folder: Path, model: WaveModel) -> Outputs:
        """By the functions that `lightning_sepcl.load` calls."""
        return outputs_of(read_product(folder))


class TorchScript(Target):
    """A recorded module, for PyTorch without this suite."""

    name, files = "torchscript", (TORCHSCRIPT,)
    about = "TorchScript, which PyTorch alone runs (deprecated there since 2.11, and still read)"
    usage = """\
import torch
print(torch.jit.load("model.pt")(torch.zeros(1, {samples})).shape)"""

    def write(self, folder: Path, model: WaveModel) -> None:
        """Models whose parts have a graph."""
        write_torchscript(folder / TORCHSCRIPT, scripted(model))

    def read(self, folder: Path, model: WaveModel) -> Outputs:
        """By PyTorch alone."""
        network = read_torchscript(folder / TORCHSCRIPT)
        if isinstance(model, AudioSeparator):
            return lambda wave: [network(wave)]
        return lambda wave: [network(wave), network.frames(wave)]


class Onnx(Target):
    """A graph for onnxruntime and others, without PyTorch."""

    name, files = "onnx", (ONNX,)
    about = "ONNX, which onnxruntime and others run without PyTorch"
    usage = """\
import numpy as np, onnxruntime
print(onnxruntime.InferenceSession("model.onnx").run(None, {{"wave": np.zeros((1, {samples}), "float32")}})[0].shape)"""

    def write(self, folder: Path, model: WaveModel) -> None:
        """Models whose parts have a graph."""
        write_onnx(folder / ONNX, model)

    def read(self, folder: Path, model: WaveModel) -> Outputs:
        """By onnxruntime, on the CPU."""
        session = onnx_session(folder / ONNX)
        return lambda wave: run_onnx(session, wave)


class Hear(Target):
    """A module for tools of HEAR 2021, without this suite."""

    name, files = "hear", (HEAR_MODULE, TORCHSCRIPT)
    about = "a module with the interface of HEAR 2021; needs PyTorch alone, put its folder on the import path"
    usage = """\
import hear_model, torch
print(hear_model.get_scene_embeddings(torch.zeros(1, {samples}), hear_model.load_model()).shape)"""

    def write(self, folder: Path, model: WaveModel) -> None:
        """Encoders at a rate that HEAR knows."""
        if not isinstance(model, AudioEncoder):
            instead = ": export --part encoder" if isinstance(model, AudioClassifier) else ""
            raise UserError(f"HEAR's tools take encoders, this is a {model.kind}{instead}")
        if model.sample_rate not in HEAR_RATES:
            raise UserError(f"HEAR knows {', '.join(map(str, HEAR_RATES))} Hz, this encoder has {model.sample_rate} Hz")
        write_torchscript(folder / TORCHSCRIPT, scripted(model))
        shutil.copyfile(hear_module.__file__, folder / HEAR_MODULE)

    def read(self, folder: Path, model: WaveModel) -> Outputs:
        """By the module's own functions."""
        module = _imported(folder / HEAR_MODULE)
        loaded = module.load_model()

        def outputs(wave: Tensor) -> Sequence[Tensor]:
            return [module.get_scene_embeddings(wave, loaded), loaded.network.frames(wave)]

        return outputs


TARGETS: Mapping[str, Target] = {target.name: target for target in (Safetensors(), Onnx(), TorchScript(), Hear())}


def output_names(model: WaveModel) -> tuple[str, ...]:
    """What is compared of a model: `sources`, or `embedding` or `logits`, and `frames`."""
    first = OUTPUTS[model.kind]
    return (first,) if isinstance(model, AudioSeparator) else (first, FRAMES)


def outputs_of(model: WaveModel | PatchClassifier) -> Outputs:
    """A loaded model as a function that gives the outputs of `output_names`."""
    if isinstance(model, AudioEncoder):
        return lambda wave: [model(wave), model.frames(wave)]
    if isinstance(model, AudioClassifier):
        return lambda wave: [model(wave), model.encoder.frames(wave)]
    return lambda wave: [model(wave)]


def _imported(file: Path) -> ModuleType:
    """The module in a file, without a place among the imported ones."""
    found = importlib.util.spec_from_file_location(file.stem, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
