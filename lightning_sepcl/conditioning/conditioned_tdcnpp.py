"""TDCN++ conditioned by what a classifier hears in the mixture; or, as an oracle, in the clean sources."""

from __future__ import annotations

from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.conditioned import (
    ConditionedSeparator,
    Join,
    Stage,
    joined,
    logits_of,
    refuse_nameless,
)
from lightning_sepcl.separation.conditioning import Combination, ConditionedLayers, EmbeddingActivation
from lightning_sepcl.separation.tdcnpp import TDCNpp


class ConditionedTDCNpp(TDCNpp, ConditionedSeparator):
    """A TDCN++ and a classifier as one separator.

    Args:
        classifier: what tells what is heard.
        embedding: of which signals: `mixture`; or of the clean sources, as an oracle: `oracle_all` (mixture and sources
            stacked) or `oracle_soft_or`.
        time_average: one embedding for the whole signal instead of one per frame.
        width: channels the embedding is brought to; a gate is as wide as what it gates instead.
        layers: which layers look at it: the `first`, beside the basis' magnitudes, or `all`.
        combination: `concatenate` it with their input, or `gate` their input with it.
        activation: `none`, `sigmoid` or `trainable_sigmoid`.
        sources: estimates it gives.
        kwargs: the other arguments of `TDCNpp`.

    Source: Tzinis et al. 2020, sections 3.2 to 3.4 and fig. 3a to 3c.
    """

    def __init__(
        self,
        classifier: Classifier,
        embedding: Literal["mixture", "oracle_all", "oracle_soft_or"] = "mixture",
        time_average: bool = False,
        width: int = 128,
        layers: ConditionedLayers = "first",
        combination: Combination = "concatenate",
        activation: EmbeddingActivation = "sigmoid",
        sources: int = 2,
        **kwargs: Any,
    ) -> None:
        refuse_nameless(classifier, embedding)
        join = Join(time_average, width, layers, combination, activation)
        signals = 1 + sources if embedding == "oracle_all" else 1
        super().__init__(sources=sources, conditioning=join.conditioning(classifier, signals), **kwargs)
        self.classifier, self.embedding, self.join = classifier, embedding, join
        self.needs_sources = embedding != "mixture"
        self.check_classifier(self.sample_rate)

    def forward(  # type: ignore[override]  # its embedding is computed here, from the wave or the sources
        self, wave: Float[Tensor, "batch 1 sample"], sources: Float[Tensor, "batch source sample"] | None = None
    ) -> Float[Tensor, "batch source sample"]:
        """The estimated sources; an oracle is given the clean ones."""
        return self.passes(wave, sources)[-1].estimates

    def passes(
        self, wave: Float[Tensor, "batch 1 sample"], sources: Float[Tensor, "batch source sample"] | None = None
    ) -> list[Stage]:
        """Its one stage.

        Raises:
            ValueError: an oracle without sources, or with another number of them.
        """
        self.check_wave(wave)
        heard = self.classifier(wave[:, 0]) if self.embedding != "oracle_soft_or" else None
        of_sources = None
        if self.needs_sources:
            of_sources = logits_of(self.classifier, self._given(sources))
        values = heard if of_sources is None else joined(heard, of_sources, self.embedding)
        assert values is not None
        estimates = TDCNpp.forward(self, wave, self.join.embedding(values, self.classifier))
        return [Stage(estimates, heard, of_sources)]

    def _given(self, sources: Tensor | None) -> Tensor:
        if sources is None or sources.shape[1] != self.sources:
            found = "none" if sources is None else str(sources.shape[1])
            raise ValueError(
                f"embedding={self.embedding} is an oracle: it needs the {self.sources} clean sources of every clip "
                f"and was given {found}; recordings without them take embedding=mixture"
            )
        return sources
