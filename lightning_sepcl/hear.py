"""Trained encoders behind the interface of HEAR 2021, which its tools and many other models share.

Any tool that takes the name of such a module takes `lightning_sepcl.hear`, with a checkpoint or a run's folder as the
model's file. `evaluation.hear_module` is the way back: modules of others, judged by our evaluation.

Source: Turian et al. 2022, "HEAR: Holistic Evaluation of Audio Representations", and its common API.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.errors import UserError
from lightning_sepcl.methods.base import Method

SCENE = "embedding"
"""The readout that embeds scenes unless another is asked for: h, what the loss was computed on."""
INTERVAL_MS = 50.0
"""Longest step between timestamps. Source: HEAR's validator, which warns above it; its music tasks allow 50 ms."""


class HearModel(nn.Module):
    """A trained method with the three attributes that HEAR asks of a model.

    Args:
        method: what embeds.
        readout: the readout that embeds scenes; null: `embedding`, or the first where there is none of that name.
        interval_ms: longest step between timestamps, in milliseconds. Encoders that pool more coarsely run several
            times, each time on later samples.

    Attributes:
        sample_rate: of the audio it takes, in Hz.
        scene_embedding_size: numbers per sound.
        timestamp_embedding_size: numbers per timestamp.
        centre_seconds: from the beginning of a sound to the middle of what its first frame embedding hears.

    Raises:
        UserError: no such readout, or the method does not take one microphone.
    """

    def __init__(self, method: Method, readout: str | None = None, interval_ms: float = INTERVAL_MS) -> None:
        super().__init__()
        known = list(method.readouts)
        if readout is not None and readout not in known:
            raise UserError(f"the checkpoint has no readout {readout!r}; it has: {', '.join(known)}")
        if interval_ms <= 0:
            raise UserError(f"interval_ms is {interval_ms}, it must be above 0")
        self.method, self.interval_ms = method, interval_ms
        self.readout = readout or (SCENE if SCENE in known else known[0])
        self.sample_rate = int(method.sample_rate)
        self.timestamp_embedding_size = int(method.encoder.dim)
        self.scene_embedding_size = _scene_size(self)
        self.centre_seconds = method.frame_centre_seconds()

    @property
    def interval_seconds(self) -> float:
        """From one timestamp to the next: the encoder's own step, divided until it is `interval_ms` at most."""
        return 1 / (self.method.frame_rate * self.passes)

    @property
    def passes(self) -> int:
        """How often the encoder runs over a sound for its timestamps."""
        return math.ceil(1000 / self.method.frame_rate / self.interval_ms - 1e-9)


def load_model(model_file_path: str = "", readout: str | None = None, interval_ms: float = INTERVAL_MS) -> HearModel:
    """The model in a checkpoint, on the CPU, in evaluation mode, without gradients.

    Args:
        model_file_path: a checkpoint of `sepcl fit`, or the folder of a run, of which the best checkpoint is taken.
        readout: as for `HearModel`.
        interval_ms: as for `HearModel`.

    Raises:
        UserError: no checkpoint there, or none that this suite can read.
    """
    if not model_file_path:
        raise UserError("there is no default model: give load_model a checkpoint, or the folder of a run")
    with torch.inference_mode(False):  # a Lightning test may be around us
        return HearModel(load_trained(Path(model_file_path)), readout, interval_ms).eval()


@torch.no_grad()  # type: ignore[untyped-decorator]
def get_scene_embeddings(audio: Float[Tensor, "sound sample"], model: HearModel) -> Float32[Tensor, "sound dim"]:
    """One embedding per sound: what `Method.embed` makes of whole clips.

    Args:
        audio: at `model.sample_rate`, within [-1, 1]; any length, for what is shorter than a training crop is padded
            with zeros.
        model: from `load_model`.
    """
    wave = _wave(audio, model)
    length = torch.full((len(wave),), wave.shape[-1], dtype=torch.int64)
    return model.method.embed(wave, length)[model.readout].float()


@torch.no_grad()  # type: ignore[untyped-decorator]
def get_timestamp_embeddings(
    audio: Float[Tensor, "sound sample"], model: HearModel
) -> tuple[Float32[Tensor, "sound timestamp dim"], Float32[Tensor, "sound timestamp"]]:
    """Embeddings at even steps from 0 to the end of the sounds, and these times in milliseconds.

    A timestamp is the middle of what its embedding hears; the sounds are padded with zeros on both sides.

    Args:
        audio: at `model.sample_rate`, within [-1, 1].
        model: from `load_model`.
    """
    wave, method, passes = _wave(audio, model), model.method, model.passes
    features, stride = method.front.features, method.encoder.time_stride
    step = model.interval_seconds * model.sample_rate
    count = max(1, math.ceil(wave.shape[-1] / step - 1e-9))
    before = round(model.centre_seconds * model.sample_rate)
    rows = wave.new_zeros(len(wave), count, model.timestamp_embedding_size)
    for first in range(min(passes, count)):
        wanted = len(range(first, count, passes))
        start = round(first * step) - before
        rows[:, first::passes] = _frames(method, _cut(wave, start, features.num_samples(wanted * stride)), wanted)
    milliseconds = 1000 * model.interval_seconds * torch.arange(count, device=wave.device, dtype=torch.float64)
    return rows, milliseconds.float().expand(len(wave), count).contiguous()


def _wave(audio: Tensor, model: HearModel) -> Float32[Tensor, "sound 1 sample"]:
    """The audio on the model's device, with a microphone axis."""
    if audio.ndim != 2:
        raise ValueError(f"audio must be (sound, sample), this has the shape {tuple(audio.shape)}")
    return audio.to(next(model.parameters()).device, torch.float32)[:, None]


def _frames(method: Method, wave: Tensor, wanted: int) -> Float32[Tensor, "sound {wanted} dim"]:
    """The first `wanted` frame embeddings."""
    frames = method.embed_frames(wave)
    if frames.shape[-1] < wanted:
        name = type(method.encoder).__name__
        raise ValueError(f"{name} gave {frames.shape[-1]} frame embeddings where its time_stride promises {wanted}")
    return frames[..., :wanted].transpose(1, 2)


def _cut(wave: Tensor, start: int, samples: int) -> Float32[Tensor, "sound mic {samples}"]:
    """`samples` samples from `start`, which may lie before the beginning; zero where there is nothing."""
    after = start + samples - wave.shape[-1]
    return functional.pad(wave, (max(0, -start), max(0, after)))[..., max(0, start) :][..., :samples]


def _scene_size(model: HearModel) -> int:
    silence = torch.zeros(1, model.sample_rate)
    try:
        return get_scene_embeddings(silence, model).shape[1]
    except ValueError as error:
        raise UserError(f"this model does not take one microphone, which is what HEAR gives: {error}") from error
