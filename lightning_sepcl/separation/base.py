"""What every separator is: a recording in, its sources out, at the sample rate it was made for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn


class Separator(nn.Module, ABC):
    """Base class of the separators. Whoever applies one needs `sources`, `sample_rate` and the call, nothing more.

    Takes any number of samples from 1 on. Statistics are taken over the whole clip: a clip that is padded, cut or
    joined with another is separated differently, so clips of different lengths do not belong into one batch.

    Attributes:
        sources: estimates it gives, silent ones among them where a recording has fewer sources.
        sample_rate: Hz of the waves it takes and gives; its windows are counted in samples.
    """

    sources: int
    sample_rate: int

    @abstractmethod
    def forward(self, wave: Float[Tensor, "batch 1 sample"]) -> Float[Tensor, "batch source sample"]:
        """The estimated sources of each recording, as long as the recording."""

    def stages(self, wave: Float[Tensor, "batch 1 sample"]) -> list[Tensor]:
        """The estimates (batch, source, sample) after each stage, the last of them what `forward` gives.

        An objective that is asked of every stage (an iterative separator's) is asked of each of these.
        """
        return [self(wave)]

    def check_wave(self, wave: Tensor, signals: int = 1) -> None:
        """Refuse waves that are not (batch, `signals`, sample) with something in them.

        Raises:
            ValueError: another number of axes or signals, no clip or no sample.
        """
        if wave.ndim != 3 or wave.shape[1] != signals or not wave.numel():
            asked = "one microphone" if signals == 1 else f"{signals} signals"
            raise ValueError(
                f"{type(self).__name__} takes waves (batch, {signals}, sample) of {asked}, "
                f"at least one clip and one sample; these are {tuple(wave.shape)}"
            )
