"""A trained classifier of clips: waves in, logits of classes out."""

from __future__ import annotations

from typing import cast

from jaxtyping import Float, Shaped
from torch import Tensor

from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.encoder_description import EncoderDescription
from lightning_sepcl.deploy.wave_model import WaveModel


class AudioClassifier(WaveModel):
    """An encoder and the classifier it was trained with.

    Args:
        description: which parts, with a head; the weights are as initialised.

    Attributes:
        classes: names of the classes.
        multi_label: whether a clip can have several of them.
    """

    kind = "classifier"

    def __init__(self, description: EncoderDescription) -> None:
        super().__init__()
        self.encoder, self.head = AudioEncoder(description), description.built_head()
        self.description, self.classes, self.multi_label = description, description.classes, description.multi_label
        self.sample_rate, self.microphones = self.encoder.sample_rate, self.encoder.microphones
        self.least_samples = self.encoder.least_samples

    def forward(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch {len(self.classes)}"]:
        """A logit per class; the arguments are those of `AudioEncoder`."""
        return cast(Tensor, self.head(self.encoder(wave, sample_rate)))

    def probabilities(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch {len(self.classes)}"]:
        """How likely each class is: all sum to 1, or each for itself where a clip can have several."""
        logits: Tensor = self(wave, sample_rate)
        return logits.sigmoid() if self.multi_label else logits.softmax(-1)
