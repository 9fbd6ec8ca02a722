"""A trained model behind the interface of HEAR 2021: this file and `model.pt` beside it are all that is needed.

Written by `sepcl export --to hear` of lightning_sepcl (Apache-2.0). Needs PyTorch, nothing else. Any tool that takes
the name of a HEAR module takes this one's, `hear_model`, with its folder on the import path.

Source: Turian et al. 2022, "HEAR: Holistic Evaluation of Audio Representations", and its common API.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

WEIGHTS = Path(__file__).with_name("model.pt")
INTERVAL_MS = 50.0  # longest step between timestamps, as HEAR's validator and its music tasks want it


class HearModel(torch.nn.Module):
    """The model with the three attributes that HEAR asks for."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.sample_rate = int(network.sample_rate)
        with torch.no_grad():
            silence = torch.zeros(1, self.sample_rate)
            self.scene_embedding_size = int(network(silence).shape[1])
            self.timestamp_embedding_size = int(network.frames(silence).shape[1])
        # encoders pool more coarsely than every 50 ms: they run several times, each time on later samples
        self.frame_samples, self.first_samples = int(network.frame_samples), int(network.first_samples)
        self.passes = math.ceil(1000 * self.frame_samples / self.sample_rate / INTERVAL_MS - 1e-9)
        self.step_samples = self.frame_samples / self.passes
        self.before_samples = round(float(network.centre_seconds) * self.sample_rate)


def load_model(model_file_path: str = "") -> HearModel:
    """The model on the CPU, in evaluation mode; without a path that of the file beside this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions of PyTorch tell that TorchScript is deprecated
        network = torch.jit.load(str(model_file_path or WEIGHTS), map_location="cpu")  # type: ignore[no-untyped-call]
    return HearModel(network).eval()


@torch.no_grad()  # type: ignore[untyped-decorator]
def get_scene_embeddings(audio: Tensor, model: HearModel) -> Tensor:
    """(sound, sample) at `model.sample_rate`, within [-1, 1] -> (sound, dim)."""
    scenes: Tensor = model.network(_taken(audio, model))
    return scenes


@torch.no_grad()  # type: ignore[untyped-decorator]
def get_timestamp_embeddings(audio: Tensor, model: HearModel) -> tuple[Tensor, Tensor]:
    """(sound, sample) -> (sound, timestamp, dim), and the times in milliseconds from 0 to the end, in even steps.

    A timestamp is the middle of what its embedding hears; sounds are padded with zeros on both sides.
    """
    wave = _taken(audio, model)
    count = max(1, math.ceil(wave.shape[1] / model.step_samples - 1e-9))
    rows = wave.new_zeros(len(wave), count, model.timestamp_embedding_size)
    for first in range(min(model.passes, count)):
        wanted = len(range(first, count, model.passes))
        start = round(first * model.step_samples) - model.before_samples
        cut = _cut(wave, start, model.first_samples + (wanted - 1) * model.frame_samples)
        rows[:, first :: model.passes] = model.network.frames(cut)[..., :wanted].transpose(1, 2)
    times = 1000 * model.step_samples / model.sample_rate * torch.arange(count, dtype=torch.float64, device=wave.device)
    return rows, times.float().expand(len(wave), count).contiguous()


def _taken(audio: Tensor, model: HearModel) -> Tensor:
    if audio.ndim != 2:
        raise ValueError(f"audio must be (sound, sample), this has the shape {tuple(audio.shape)}")
    return audio.to(next(model.parameters()).device, torch.float32)


def _cut(wave: Tensor, start: int, samples: int) -> Tensor:
    """`samples` samples from `start`, which may lie before the beginning; zero where there is nothing."""
    after = start + samples - wave.shape[1]
    return torch.nn.functional.pad(wave, (max(0, -start), max(0, after)))[:, max(0, start) :][:, :samples]
