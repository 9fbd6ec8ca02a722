"""Conditioned separators: a classifier tells TDCN++ what is heard in the mixture, and iTDCN++ in its own estimates too.

A pass is a list of stages; each tells its estimates and what its classifier said, for losses that look at both.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.semantic import all_signals, mean_in_probability, soft_or
from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.conditioning import Combination, ConditionedLayers, Conditioning, EmbeddingActivation

SourceEmbedding = Literal["all", "soft_or"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What one separator of a pass made, and what it was told.

    Attributes:
        estimates: (batch, source, sample).
        mixture: (batch, class, frame), the classifier's logits of the mixture; None where it was not asked.
        sources: (batch, source, class, frame), its logits of the signals given as sources; None where there were none.
    """

    estimates: Tensor
    mixture: Tensor | None
    sources: Tensor | None


class ConditionedSeparator(Separator):
    """Base class of the conditioned separators.

    Attributes:
        classifier: what tells them what is heard; an iterative one's second stage has a copy of its own.
        needs_sources: whether they are oracles, told what is heard in the clean sources.
    """

    classifier: Classifier
    needs_sources: bool = False

    @abstractmethod
    def passes(
        self, wave: Float[Tensor, "batch 1 sample"], sources: Float[Tensor, "batch source sample"] | None = None
    ) -> list[Stage]:
        """Every stage; the clean sources are for oracles alone."""

    def stages(self, wave: Float[Tensor, "batch 1 sample"]) -> list[Tensor]:
        """The estimates of every stage."""
        return [stage.estimates for stage in self.passes(wave)]

    def check_classifier(self, sample_rate: int) -> None:
        """Refuse a classifier for waves of another sample rate.

        Raises:
            ValueError: it is made for another one.
        """
        if self.classifier.sample_rate != sample_rate:
            raise ValueError(
                f"the classifier is made for {self.classifier.sample_rate} Hz, the separator for {sample_rate} Hz: "
                "train one of them at the other's rate"
            )


@dataclass(frozen=True, slots=True)
class Join:
    """How a classifier's answers become a separator's condition; the part of the settings that all networks share.

    Attributes:
        time_average: one embedding for the whole signal instead of one per frame.
        width: channels the embedding is brought to.
        layers: which layers look at it.
        combination: in front of their input, or multiplied with it.
        activation: what it passes first.
    """

    time_average: bool
    width: int
    layers: ConditionedLayers
    combination: Combination
    activation: EmbeddingActivation

    def conditioning(self, classifier: Classifier, signals: int) -> Conditioning:
        """For the embeddings of so many signals in a stack."""
        return Conditioning(classifier.width * signals, self.width, self.layers, self.combination, self.activation)

    def embedding(self, values: Tensor, classifier: Classifier) -> FrameEmbedding:
        """As the network takes it; without classes there are no probabilities to take the mean of."""
        if self.time_average:
            values = mean_in_probability(values) if classifier.classes else values.mean(-1, keepdim=True)
        return FrameEmbedding(values, classifier.hop_samples)


def refuse_nameless(classifier: Classifier, embedding: str) -> None:
    """Tell that soft-OR asks for probabilities of classes.

    Raises:
        ValueError: the classifier has no classes.
    """
    if "soft_or" in embedding and not classifier.classes:
        raise ValueError(
            f"embedding={embedding} joins probabilities of classes, and this encoder has no classes: take `all`, or a "
            "classifier"
        )


def logits_of(classifier: Classifier, signals: Float[Tensor, "batch signal sample"]) -> Tensor:
    """(batch, signal, class, frame) of several signals at once."""
    logits: Tensor = classifier(signals.flatten(0, 1))
    return logits.reshape(*signals.shape[:2], *logits.shape[1:])


def joined(mixture: Tensor | None, sources: Tensor, embedding: str) -> Tensor:
    """`all`: mixture and sources stacked; `soft_or`: of the sources alone."""
    return soft_or(sources) if mixture is None or "soft_or" in embedding else all_signals(mixture, sources)


def settings_of(join: Join) -> dict[str, Any]:
    """Its arguments by name."""
    return {name: getattr(join, name) for name in Join.__slots__}
