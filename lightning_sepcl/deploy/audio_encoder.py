"""A trained encoder with its front end: waves in, embeddings out, no trainer needed."""

from __future__ import annotations

from typing import cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from lightning_sepcl.deploy.encoder_description import EncoderDescription, microphones_of
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.encoders.windows import embed_in_windows
from lightning_sepcl.features.frame_centre import frame_centre_seconds
from lightning_sepcl.features.standardise import Standardise

EMBEDDING = "embedding"


class AudioEncoder(WaveModel):
    """What evaluation judged of a trained method: features with their statistics, the encoder, one of its readouts.

    Args:
        description: which parts; the weights are as initialised.

    Attributes:
        description: as given.
        frame_dim: width of a frame embedding.
        frame_rate: frame embeddings per second.
    """

    kind = "encoder"

    def __init__(self, description: EncoderDescription) -> None:
        super().__init__()
        self.description, self.sample_rate = description, description.sample_rate
        self.least_samples = description.least_samples
        self.feature, self.encoder, self.readout = description.parts()
        self.microphones = microphones_of(self.feature)
        self.standardise = Standardise(groups=self.feature.channel_groups) if description.standardised else None
        if description.channels_last:
            self.encoder.to(memory_format=torch.channels_last)
        self.frame_dim = self.encoder.dim
        self.frame_rate = self.feature.frame_rate / self.encoder.time_stride

    def forward(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch dim"]:
        """One embedding per wave.

        Args:
            wave: (batch, sample), or (batch, mic, sample) of several microphones; int16, or full scale 1.
            sample_rate: Hz of `wave`, which is resampled if the model wants another; None: it is the model's.
        """
        clips, description = self.waves(wave, sample_rate), self.description
        found = embed_in_windows(clips, description.window_samples, self.least_samples, self._rows)
        return found[EMBEDDING]

    def frames(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch {self.frame_dim} frame"]:
        """Embeddings over time, `frame_rate` a second; the arguments are those of `forward`."""
        clips = self.waves(wave, sample_rate)
        clips = functional.pad(clips, (0, max(0, self.least_samples - clips.shape[-1])))
        frames: Tensor = self.encoder.frames(self.encoder.blocks(self.features(clips)))
        return frames.float()

    def frame_centre_seconds(self) -> float:
        """From the beginning of a wave to the middle of what its first frame embedding hears; measured, so ask once."""
        rate, microphones = self.sample_rate, self.microphones
        return frame_centre_seconds(self.feature, self.features, self.encoder, rate, microphones)

    @property
    def dim(self) -> int:
        """Width of an embedding."""
        with torch.no_grad():
            return int(self(torch.zeros(1, self.microphones, 1)).shape[1])

    def features(self, clips: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n channel freq frame"]:
        """What the encoder reads."""
        x = self.feature(clips)
        x = x if self.standardise is None else self.standardise(x)
        if self.description.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        return cast(Tensor, x)

    def _rows(self, clips: Tensor) -> dict[str, Tensor]:
        x = self.features(clips)
        return {EMBEDDING: self.readout(self.encoder, x, self.encoder.blocks(x))}
