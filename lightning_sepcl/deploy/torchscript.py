"""TorchScript: a model as one file that PyTorch alone runs, in Python and C++.

PyTorch has deprecated TorchScript in favour of `torch.export`, and still reads and writes it. `torch.export` cannot
follow these networks: it fixes what their poolings make of a length, so that its files take some lengths alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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
    """A wave (n, sample) with zeros behind it, at least so many samples long; compiled, since lengths differ."""
    return torch.nn.functional.pad(wave, [0, max(0, least - wave.size(1))])


def pieces(wave: Tensor, window: int) -> Tensor:
    """The whole windows of waves (n, sample), one below the other: (n * window count, sample); compiled."""
    count = wave.size(1) // window
    return wave[:, : count * window].reshape(wave.size(0) * count, window)


def averaged(h: Tensor, wave: Tensor) -> Tensor:
    """Embeddings of windows, L2-normalised and averaged for each wave; of a single window as they are; compiled."""
    rows = h.reshape(wave.size(0), -1, h.size(1))
    if rows.size(1) == 1:
        return rows[:, 0]
    return torch.nn.functional.normalize(rows, 2.0, -1).mean(1)


class ScriptEncoder(nn.Module):
    """What is compiled of an encoder or a classifier: `model(wave)` and `model.frames(wave)`, and its numbers.

    Args:
        model: on the CPU.

    Attributes:
        sample_rate: Hz.
        least: samples to which shorter waves are padded.
        window: samples of a window; 0: the whole wave.
        frame_samples: from one frame embedding to the next.
        first_samples: what the first frame embedding needs.
        centre_seconds: from the beginning of a wave to the middle of what its first frame embedding hears.
    """

    def __init__(self, model: AudioEncoder | AudioClassifier) -> None:
        super().__init__()
        source = model.encoder if isinstance(model, AudioClassifier) else model
        self.sample_rate, self.least = model.sample_rate, model.least_samples
        self.window = source.description.window_samples or 0
        stride = source.encoder.time_stride
        self.first_samples = source.feature.num_samples(stride)
        self.frame_samples = source.feature.num_samples(2 * stride) - self.first_samples
        self.centre_seconds = source.frame_centre_seconds()
        self.network: Any = GraphEncoder(model).eval()
        self.padded, self.pieces, self.averaged = (torch.jit.script(f) for f in (padded, pieces, averaged))

    def forward(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, dim), or a logit per class."""
        long = self.padded(wave, self.least)
        if self.window == 0:
            return self.network(long)[0]
        return self.averaged(self.network(self.pieces(long, self.window))[0], wave)

    @torch.jit.export
    def frames(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, dim, frame)."""
        return self.network(self.padded(wave, self.least))[1]

    def both(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """What both give, computed once where no windows are averaged; not compiled."""
        if self.window:
            return self(wave), self.frames(wave)
        together: tuple[Tensor, Tensor] = self.network(self.padded(wave, self.least))
        return together


class ScriptSeparator(nn.Module):
    """What is compiled of a separator: `model(wave)`, and its numbers."""

    def __init__(self, model: AudioSeparator) -> None:
        super().__init__()
        self.sample_rate = model.sample_rate
        self.network: Any = GraphSeparator(model.separator).eval()
        self.least = self.network.least
        self.padded = torch.jit.script(padded)

    def forward(self, wave: Tensor) -> Tensor:
        """(n, sample) -> (n, source, sample)."""
        return self.network(self.padded(wave, self.least))[:, :, : wave.size(1)]


def prepared(model: WaveModel) -> ScriptEncoder | ScriptSeparator:
    """A model as a module of plain operations, whose parts that depend on lengths are compiled.

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
    """A model compiled to TorchScript: the network recorded, what depends on lengths translated.

    Raises:
        UserError: parts that have no graph, or that TorchScript cannot hold.
    """
    ready = prepared(model)
    example = example_wave(max(ready.least, ready.sample_rate))
    with unmoved_by_deprecation():
        try:
            ready.network = torch.jit.trace(ready.network, example, check_trace=False)
            return torch.jit.script(ready)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            first = str(error).strip().splitlines()[0]
            raise UserError(f"this model cannot be compiled to TorchScript: {first}") from error


def write_torchscript(path: Path, compiled: Any) -> None:
    """Save what `scripted` compiled."""
    with unmoved_by_deprecation(), whole_file(path) as file:
        torch.jit.save(compiled, file)


def read_torchscript(path: Path) -> Any:
    """The way back from `write_torchscript`, on the CPU."""
    with unmoved_by_deprecation():
        return torch.jit.load(path, "cpu").eval()


@contextmanager
def unmoved_by_deprecation() -> Iterator[None]:
    """PyTorch tells at every step that TorchScript is deprecated, and that Python's ifs are decided while recording.

    What it decides so is compared with the model at other lengths and batch sizes before a file is kept.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        yield
