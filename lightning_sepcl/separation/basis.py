"""What every basis is: a wave into coefficients that a mask can weigh, and weighted coefficients back into a wave."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from jaxtyping import Float, Inexact
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.separation.overlap_add import overlap_add

FeatureNormKind = Literal["none", "mean_and_variance", "compress_and_max", "scale_and_bias"]
FeatureNormChoice = FeatureNormKind | Literal["basis"]  # `basis`: what the basis itself says


class Basis(nn.Module, ABC):
    """Base class of the bases; a separator is built from `bins`.

    Any wave of at least one sample is taken: behind its end stand zeros, as many as its last frame needs, and a wave
    shorter than a window has one frame (an STFT, whose frames start every hop, may have more). What comes back is cut
    to the wave's length.

    Attributes:
        bins: coefficients per frame.
        window_samples: samples per frame.
        hop_samples: samples from one frame's start to the next one's.
        zero_beginning: whether window − hop zeros stand in front of the wave, so that its first samples lie in as
            many frames as all others.
        feature_norm: how a separator normalises the magnitudes of this basis unless it is told otherwise.
    """

    bins: int
    feature_norm: FeatureNormKind

    def __init__(self, window_samples: int, hop_samples: int, zero_beginning: bool) -> None:
        super().__init__()
        if not 1 <= hop_samples <= window_samples:
            raise ValueError(
                f"{type(self).__name__}: `hop_samples` is {hop_samples}, it must be between 1 and "
                f"`window_samples`, which is {window_samples}"
            )
        self.window_samples, self.hop_samples, self.zero_beginning = window_samples, hop_samples, zero_beginning

    @property
    def lead(self) -> int:
        """Zeros in front of the wave."""
        return self.window_samples - self.hop_samples if self.zero_beginning else 0

    @abstractmethod
    def num_frames(self, samples: int) -> int:
        """How many frames a wave of `samples` samples gives."""

    @abstractmethod
    def encode(self, wave: Float[Tensor, "*axes sample"]) -> Inexact[Tensor, "*axes bin frame"]:
        """Coefficients of a wave: real or complex, in the wave's precision also under autocast."""

    @abstractmethod
    def magnitude(self, coefficients: Inexact[Tensor, "*axes bin frame"]) -> Float[Tensor, "*axes bin frame"]:
        """What a separator looks at: how strong each coefficient is."""

    @abstractmethod
    def decode(
        self, coefficients: Inexact[Tensor, "*axes bin frame"], samples: int
    ) -> Float[Tensor, "*axes {samples}"]:
        """The wave of these coefficients, `samples` long, which must be the length that gave them."""

    @abstractmethod
    def reset_parameters(self) -> None:
        """Draw the weights anew, if there are any."""

    def _frames(self, wave: Float[Tensor, "*axes sample"]) -> Float[Tensor, "*axes frame window"]:
        """All frames of the padded wave, as a view."""
        samples = wave.shape[-1]
        length = (self.num_frames(samples) - 1) * self.hop_samples + self.window_samples
        padded = functional.pad(wave, (self.lead, length - self.lead - samples))
        return frames(padded, self.window_samples, self.hop_samples)

    def _wave(self, pieces: Float[Tensor, "*axes frame window"], samples: int) -> Float[Tensor, "*axes {samples}"]:
        """The frames overlapped and added, without what was padded."""
        return overlap_add(pieces, self.hop_samples)[..., self.lead : self.lead + samples]
