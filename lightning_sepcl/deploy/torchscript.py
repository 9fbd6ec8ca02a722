"""TorchScript: a model as one file that PyTorch alone runs, in Python and C++.

PyTorch has deprecated TorchScript in favour of `torch.export`, and still reads and writes it. `torch.export` cannot
follow these networks: it fixes what their poolings make of a length, so that its files take some lengths alone.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.graph_encoder import GraphEncoder, example_wave
from lightning_sepcl.deploy.graph_separator import GraphSeparator
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_file

TORCHSCRIPT = "model.pt"


def padded(wave: Tensor, least: int) -> Tensor:
    """A wave (n, sample) with zeros behind it, at least so many samples long; translated, since lengths differ."""
    return torch.nn.functional.pad(wave, [0, max(0, least - wave.size(1))])


def pieces(wave: Tensor, window: int) -> Tensor:
    """The whole windows of waves (n, sample), one below the other: (n * window count, sample); translated."""
    count = wave.size(1) // window
    return wave[:, : count * window].reshape(wave.size(0) * count, window)


def averaged(h: Tensor, wave: Tensor) -> Tensor:
    """Embeddings of windows, L2-normalised and averaged for each wave; of a single window as they are; translated."""
    rows = h.reshape(wave.size(0), -1, h.size(1))
    if rows.size(1) == 1:
        return rows[:, 0]
    return torch.nn.functional.normalize(rows, 2.0, -1).mean(1)


class ScriptEncoder(nn.Module):
    """What is recorded of an encoder or a classifier: `model(wave)` and `model.frames(wave)`, and its numbers.

    Args:
        model: on the CPU.

    Attributes:
        sample_rate: Hz; like the following numbers a tensor, which is what a file keeps.
        least_samples: to which shorter waves are padded.
        frame_samples: from one frame embedding to the next.
        first_samples: what the first frame embedding needs.
        centre_seconds: from the beginning of a wave to the middle of what its first frame embedding hears.
    """

    def __init__(self, model: AudioEncoder | AudioClassifier) -> None:
        super().__init__()
        source = model.encoder if isinstance(model, AudioClassifier) else model
        self.rate, self.least, self.window = model.sample_rate, model.least_samples, source.description.window_samples
        stride = source.encoder.time_stride
        first = source.feature.num_samples(stride)
        numbers = {
            "sample_rate": self.rate,
            "least_samples": self.least,
            "frame_samples": source.feature.num_samples(2 * stride) - first,
            "first_samples": first,
            "centre_seconds": source.frame_centre_seconds(),
        }
        for name, value in numbers.items():
            self.register_buffer(name, torch.tensor(value))
        self.network = GraphEncoder(model).eval()
        self.padded, self.pieces, self.averaged = (_translated(f) for f in (padded, pieces, averaged))

    def forward(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, dim), or a logit per class."""
        if self.window is None:
            whole: Tensor = self.network(self.padded(wave, self.least))[0]
            return whole
        windows = self.pieces(self.padded(wave, self.window), self.window)
        mean: Tensor = self.averaged(self.network(windows)[0], wave)
        return mean

    def frames(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, dim, frame)."""
        frames: Tensor = self.network(self.padded(wave, self.least))[1]
        return frames

    def both(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """What both give, computed once where no windows are averaged."""
        if self.window is not None:
            return self(wave), self.frames(wave)
        together: tuple[Tensor, Tensor] = self.network(self.padded(wave, self.least))
        return together


class ScriptSeparator(nn.Module):
    """What is recorded of a separator: `model(wave)`, and its `sample_rate` as a tensor.

    Args:
        model: on the CPU.
    """

    def __init__(self, model: AudioSeparator) -> None:
        super().__init__()
        self.rate, self.network = model.sample_rate, GraphSeparator(model.separator).eval()
        self.register_buffer("sample_rate", torch.tensor(self.rate))
        self.least, self.padded = self.network.least, _translated(padded)

    def forward(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, source, sample)."""
        sources: Tensor = self.network(self.padded(wave, self.least))
        return sources[:, :, : wave.size(1)]


def prepared(model: WaveModel) -> ScriptEncoder | ScriptSeparator:
    """A model as a module of plain operations, but for what depends on lengths, which is TorchScript.

    Raises:
        UserError: parts that have no graph.
    """
    with unmoved_by_deprecation():
        if isinstance(model, AudioSeparator):
            return ScriptSeparator(model).eval()
        assert isinstance(model, AudioEncoder | AudioClassifier)
        return ScriptEncoder(model).eval()


@torch.no_grad()
def scripted(model: WaveModel) -> Any:
    """A model as TorchScript: recorded, but for what depends on lengths, which is translated.

    Raises:
        UserError: parts that have no graph, or that TorchScript cannot hold.
    """
    ready = prepared(model)
    methods = ("forward",) if isinstance(ready, ScriptSeparator) else ("forward", "frames")
    example = example_wave(2 * max(ready.least, ready.rate))
    with unmoved_by_deprecation():
        try:
            inputs = dict.fromkeys(methods, (example,))
            return torch.jit.trace_module(ready, inputs, check_trace=False)  # type: ignore[no-untyped-call]
        except (RuntimeError, TypeError, NotImplementedError) as error:
            first = str(error).strip().splitlines()[0]
            raise UserError(f"this model cannot be written as TorchScript: {first}") from error


def _translated(function: Callable[..., Tensor]) -> Any:
    """A function in TorchScript, from its source: without what may have been wrapped around it to check its types."""
    return torch.jit.script(inspect.unwrap(function))


def write_torchscript(path: Path, recorded: Any) -> None:
    """Save what `scripted` gave."""
    with unmoved_by_deprecation(), whole_file(path) as file:
        torch.jit.save(recorded, file)


def read_torchscript(path: Path) -> Any:
    """The way back from `write_torchscript`, on the CPU."""
    with unmoved_by_deprecation():
        return torch.jit.load(path, "cpu").eval()  # type: ignore[no-untyped-call]


@contextmanager
def unmoved_by_deprecation() -> Iterator[None]:
    """PyTorch tells at every step that TorchScript is deprecated, and that Python's ifs are decided while recording.

    What it decides so is compared with the model at other lengths and batch sizes before a file is kept.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        for message in ("Constant folding", "Exporting a model to ONNX with a batch_size other than 1"):
            warnings.filterwarnings("ignore", message, UserWarning)
        yield
