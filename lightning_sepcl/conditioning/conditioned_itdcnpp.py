"""Iterative TDCN++ conditioned by classifiers: of the mixture first, then of the mixture and of what was separated."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.conditioned import (
    ConditionedSeparator,
    Join,
    SourceEmbedding,
    Stage,
    joined,
    logits_of,
    refuse_nameless,
)
from lightning_sepcl.separation.conditioning import Combination, ConditionedLayers, EmbeddingActivation
from lightning_sepcl.separation.itdcnpp import ITDCNpp


class ConditionedITDCNpp(ITDCNpp, ConditionedSeparator):
    """Two TDCN++ and two classifiers: the second pair looks at the mixture and at the first one's estimates.

    Args:
        classifier: what tells what is heard; the second stage gets a copy with weights of its own.
        embedding: of the second stage: `all` (mixture and estimates stacked) or `soft_or` (of the estimates).
        classifier_gradient: whether the second stage's loss reaches the first estimates through the classifier.
        stop_gradient: whether the second stage's loss leaves the first one alone altogether.
        time_average: one embedding for the whole signal instead of one per frame.
        width: channels the embedding is brought to; a gate is as wide as what it gates instead.
        layers: which layers look at it: the `first`, beside the basis' magnitudes, or `all`.
        combination: `concatenate` it with their input, or `gate` their input with it.
        activation: `none`, `sigmoid` or `trainable_sigmoid`.
        sources: estimates it gives.
        kwargs: the other arguments of `ITDCNpp`.

    Source: Tzinis et al. 2020, section 3.5 and fig. 3d: trained end to end.
    """

    def __init__(
        self,
        classifier: Classifier,
        embedding: SourceEmbedding = "all",
        classifier_gradient: bool = True,
        stop_gradient: bool = False,
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
        both = [join.conditioning(classifier, signals) for signals in (1, 1 + sources if embedding == "all" else 1)]
        super().__init__(sources=sources, iterations=2, stop_gradient=stop_gradient, conditioning=both, **kwargs)
        self.classifier, self.second_classifier = classifier, deepcopy(classifier)
        self.embedding, self.join, self.classifier_gradient = embedding, join, classifier_gradient
        self.check_classifier(self.sample_rate)

    def forward(self, wave: Float[Tensor, "batch 1 sample"]) -> Float[Tensor, "batch source sample"]:
        """The second stage's estimates."""
        return self.passes(wave)[-1].estimates

    def stages(self, wave: Float[Tensor, "batch 1 sample"]) -> list[Tensor]:
        """The estimates of both stages."""
        return ConditionedSeparator.stages(self, wave)

    def passes(
        self, wave: Float[Tensor, "batch 1 sample"], sources: Float[Tensor, "batch source sample"] | None = None
    ) -> list[Stage]:
        """Both stages; clean sources are not looked at."""
        self.check_wave(wave)
        heard = self.classifier(wave[:, 0])
        first = cast(Tensor, self.iterations[0](wave, self.join.embedding(heard, self.classifier)))
        stages = [Stage(first, heard, None)]
        before = first.detach() if self.stop_gradient else first
        shown = before if self.classifier_gradient else before.detach()
        of_all = logits_of(self.second_classifier, torch.cat([wave, shown], 1))
        again, of_sources = of_all[:, 0], of_all[:, 1:]
        values = self.join.embedding(joined(again, of_sources, self.embedding), self.second_classifier)
        second = cast(Tensor, self.iterations[1](torch.cat([wave, before], 1), values))
        return [*stages, Stage(second, again, of_sources)]
