"""What a learned representation has to beat: statistics of the log-mel spectrogram, which need no training."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from lightning_sepcl.features.base import Feature

PATCH_FRAMES = 96
"""Frames of a patch. Source: scenes paper, section 4.2 (96 x 64)."""


class Baseline(nn.Module, ABC):
    """Base class of embedders that need no training: extend it, give it `forward`, import it in the room's face."""

    def prepare(self, sample_rate: int) -> None:
        """Told the sample rate of the clips in Hz, before the first of them; for those that need it."""

    @abstractmethod
    def forward(self, wave: Float[Tensor, "n mic sample"], length: Int[Tensor, " n"]) -> dict[str, Tensor]:
        """Named representations, each (n, dim), of waves at full scale 1 of which `length` samples are real."""


class LogMelStatistics(Baseline):
    """Four representations from a clip's log-mel frames, of which only those that lie within the clip count.

    `log-mel patch mean`: patches of 96 frames, flattened, each L2-normalised, averaged; a clip shorter than a patch is
    repeated to fill it. `log-mel mean`, `log-mel mean+std` and `log-mel mean+std+max+delta std`: statistics of each
    band over time; the last one is the best of these on ESC-50. All want standardising by the training clips, which
    the protocols do.

    Args:
        feature: makes the frames; `channels` must fit the recording's microphones.
        sample_rate: of the waves, in Hz; null: that of the data, which `prepare` tells.
    """

    def __init__(self, feature: Feature, sample_rate: int | None = None) -> None:
        super().__init__()
        self.feature, self.sample_rate = feature, sample_rate
        if sample_rate is not None:
            feature.prepare(sample_rate)

    def prepare(self, sample_rate: int) -> None:
        """Build the feature for the clips' sample rate.

        Raises:
            ValueError: it was made for another one.
        """
        self.sample_rate = agreed_rate(self, self.sample_rate, sample_rate)
        self.feature.prepare(sample_rate)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def forward(self, wave: Float[Tensor, "n mic sample"], length: Int[Tensor, " n"]) -> dict[str, Tensor]:
        """The four representations, each (n, dim): 96 * bins, bins, 2 * bins and 4 * bins wide, per channel."""
        frames = self.feature(F.pad(wave, (0, max(0, self.feature.num_samples(1) - wave.shape[-1]))))
        frames = frames.flatten(1, 2).transpose(1, 2)  # (n, frame, channel * freq)
        counts = [max(1, self.feature.num_frames(samples)) for samples in length.tolist()]
        count = torch.tensor(counts, device=frames.device)
        mean, std, largest, delta = _statistics(frames, count)
        return {
            "log-mel patch mean": _patch_mean(frames, count),
            "log-mel mean": mean,
            "log-mel mean+std": torch.cat([mean, std], 1),
            "log-mel mean+std+max+delta std": torch.cat([mean, std, largest, delta], 1),
        }


def agreed_rate(baseline: nn.Module, told: int | None, sample_rate: int) -> int:
    """The sample rate of the data in Hz, which the one a baseline was told must not contradict.

    Raises:
        ValueError: it does.
    """
    if told not in (None, sample_rate):
        raise ValueError(
            f"{type(baseline).__name__} has sample_rate {told}, the data come at {sample_rate} Hz: leave it out"
        )
    return sample_rate


def _statistics(frames: Float[Tensor, "n frame band"], count: Int[Tensor, " n"]) -> list[Tensor]:
    """Mean, deviation, maximum and deviation of the frame differences of every band, each (n, band)."""
    real = _first(count, frames.shape[1])
    mean, std = _mean_std(frames, real)
    largest = frames.masked_fill(~real[..., None], -torch.inf).amax(1)
    _, delta = _mean_std(frames.diff(dim=1), real[:, 1:])  # a difference is real where its later frame is
    return [mean, std, largest, delta]


def _mean_std(x: Float[Tensor, "n frame band"], real: Bool[Tensor, "n frame"]) -> tuple[Tensor, Tensor]:
    weight = real[..., None].to(x.dtype)
    total = weight.sum(1).clamp(min=1)
    mean = (x * weight).sum(1) / total
    variance = ((x - mean[:, None]).square() * weight).sum(1) / total
    return mean, variance.sqrt()


def _patch_mean(frames: Float[Tensor, "n frame band"], count: Int[Tensor, " n"]) -> Float[Tensor, "n dim"]:
    """Mean over whole patches of the flattened, normalised patch."""
    patches = (count // PATCH_FRAMES).clamp(min=1)
    at = torch.arange(int(patches.max()) * PATCH_FRAMES, device=frames.device)[None] % count[:, None]
    cut = frames.gather(1, at[..., None].expand(-1, -1, frames.shape[2]))
    cut = F.normalize(cut.reshape(len(cut), -1, PATCH_FRAMES * frames.shape[2]), dim=2)
    real = _first(patches, cut.shape[1])
    return (cut * real[..., None]).sum(1) / patches[:, None]


def _first(count: Int[Tensor, " n"], size: int) -> Bool[Tensor, "n size"]:
    """True at the first `count` of `size` places."""
    return torch.arange(size, device=count.device)[None] < count[:, None]
