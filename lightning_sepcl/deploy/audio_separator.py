"""A trained separator: waves in, their sources out."""

from __future__ import annotations

from typing import cast

from jaxtyping import Float, Shaped
from torch import Tensor

from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.separation.base import Separator


class AudioSeparator(WaveModel):
    """A separator for waves without a microphone axis, at any sample rate.

    Waves are separated whole; for long recordings there is `separation.chunked`, which takes `separator`.

    Args:
        separator: the network.

    Attributes:
        separator: as given.
        sources: how many it gives.
    """

    kind = "separator"

    def __init__(self, separator: Separator) -> None:
        super().__init__()
        self.separator, self.sample_rate, self.sources = separator, separator.sample_rate, separator.sources

    def forward(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch {self.sources} sample2"]:
        """The sources at the model's sample rate.

        Args:
            wave: (batch, sample); int16, or full scale 1.
            sample_rate: Hz of `wave`, which is resampled if the model wants another; None: it is the model's.
        """
        return cast(Tensor, self.separator(self.waves(wave, sample_rate)))
