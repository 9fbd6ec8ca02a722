"""Which parts an exported encoder is made of, in words that a file can hold: nothing from a file is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from lightning_sepcl.conditioning.description import part_of
from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.readout import Readout
from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.three_channel import ThreeChannel
from lightning_sepcl.heads import LinearClassifier, ProjectionHead

HEADS: Mapping[str, type[nn.Module]] = {kind.__name__: kind for kind in (LinearClassifier, ProjectionHead)}


@dataclass(frozen=True, slots=True)
class EncoderDescription:
    """All but the weights of an `AudioEncoder`, and of an `AudioClassifier` where there are classes.

    Attributes:
        feature: {class, arguments} of a feature of this suite.
        encoder: the same of an encoder.
        readout: the same of what of the encoder is the embedding.
        sample_rate: Hz.
        standardised: whether mean and deviation are taken out of the features.
        least_samples: shorter waves are padded with zeros to so many.
        window_samples: of the windows whose embeddings are averaged, `least_samples` or more; None: the whole wave.
        channels_last: memory layout of the encoder's maps.
        head: {class, arguments} of what stands behind the embedding; None: nothing.
        classes: names of the head's classes.
        multi_label: whether a clip can have several classes.
    """

    feature: Mapping[str, Any]
    encoder: Mapping[str, Any]
    readout: Mapping[str, Any]
    sample_rate: int
    standardised: bool
    least_samples: int
    window_samples: int | None = None
    channels_last: bool = False
    head: Mapping[str, Any] | None = None
    classes: tuple[str, ...] = ()
    multi_label: bool = False

    def parts(self) -> tuple[Feature, Encoder, Readout]:
        """Feature, encoder and readout as described, weights as initialised.

        Raises:
            ValueError: one of them is not of this suite, or takes other arguments.
        """
        feature = part_of(Feature, self.feature)
        feature.prepare(self.sample_rate)
        return feature, part_of(Encoder, self.encoder), part_of(Readout, self.readout)

    def built_head(self) -> nn.Module:
        """The head, weights as initialised.

        Raises:
            KeyError: no head of this suite.
            TypeError: none at all, or one that takes other arguments.
        """
        if self.head is None:
            raise TypeError("no head is described")
        return HEADS[self.head["class"]](**self.head["arguments"])

    def as_plain(self) -> dict[str, Any]:
        """Plain values, as JSON knows them."""
        return asdict(self) | {"classes": list(self.classes)}


def encoder_description(plain: Mapping[str, Any]) -> EncoderDescription:
    """The way back from `as_plain`.

    Raises:
        TypeError: other keys.
    """
    return EncoderDescription(**{**plain, "classes": tuple(plain.get("classes", ()))})


def microphones_of(feature: Feature) -> int:
    """How many microphones a feature takes: a channel for each, where it does not say otherwise."""
    return 1 if isinstance(feature, ThreeChannel) else int(getattr(feature, "microphones", feature.channels))
