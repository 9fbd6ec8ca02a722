"""Separation conditioned by a classifier, end to end: PIT at every stage, cross-entropies that guide what is heard."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.conditioned import ConditionedSeparator, Stage, logits_of
from lightning_sepcl.conditioning.semantic import soft_or
from lightning_sepcl.methods.pit_separation import PITSeparation
from lightning_sepcl.methods.separation import over_stages
from lightning_sepcl.objectives.guided_cross_entropy import GuidedCrossEntropy
from lightning_sepcl.objectives.pit import PIT, best_permutation, pairwise_loss
from lightning_sepcl.records import Batch


class ConditionedSeparation(PITSeparation):
    """Trains a conditioned separator and what of its classifier is to be fine-tuned.

    With `guidance`, a frozen copy of the classifier as it was tells what it hears in the clean sources, and the
    classifiers in training are held to it: what they hear in the mixture to the sources' soft-OR, and what the second
    one hears in the first stage's estimates to what is in the source that each estimate is nearest to.

    Args:
        separator: a `ConditionedTDCNpp` or a `ConditionedITDCNpp`.
        objective: the loss in the best order.
        guidance: the cross-entropy; None: without.
        kwargs: the arguments of `Learner`.

    Source: Tzinis et al. 2020, sections 3.3 to 3.6. Its p* is taken from the first stage's estimates, since those are
        what the second classifier hears.
    """

    separator: ConditionedSeparator

    def __init__(
        self,
        separator: ConditionedSeparator,
        objective: PIT | None = None,
        guidance: GuidedCrossEntropy | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(separator, objective, **kwargs)
        self.guidance = guidance
        self.teacher: Classifier | None = None
        if guidance is not None:
            _refuse_nothing_to_guide(separator)
            self.teacher = deepcopy(separator.classifier)
            self.teacher.fine_tune(0)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Separate the sum of the sources, find them again, and hear in them what is there."""
        sources = self.sources(batch)
        stages = self.separator.passes(sources.sum(1, keepdim=True), sources)
        loss = over_stages([self.objective(stage.estimates, sources) for stage in stages])
        if self.guidance is None or self.teacher is None:
            return loss, {}
        guided = torch.stack(self._guided(stages, sources, self.teacher, self.guidance)).sum()
        return loss + guided, {"separation": loss.detach(), "guidance": guided.detach()}

    def estimates(self, wave: Tensor, batch: Batch, rows: Tensor) -> Tensor:
        """Oracles are given the clean sources of the clips, as in training."""
        if not self.separator.needs_sources:
            return super().estimates(wave, batch, rows)
        sources = self.sources(batch)[rows, :, : wave.shape[-1]]
        return self.separator.passes(wave, sources)[-1].estimates

    def _guided(
        self, stages: list[Stage], sources: Tensor, teacher: Classifier, guidance: GuidedCrossEntropy
    ) -> list[Tensor]:
        """The mixture's term of every stage, then the sources' term of the stages that heard estimates."""
        with torch.no_grad():
            clean = logits_of(teacher, sources)
            together = soft_or(clean)
        terms = [guidance(together, stage.mixture) for stage in stages if stage.mixture is not None]
        for before, stage in pairwise(stages):
            if stage.sources is not None:
                order = best_permutation(pairwise_loss(before.estimates, sources))
                heard = stage.sources.gather(1, order[..., None, None].expand_as(stage.sources))
                terms.append(guidance(clean, heard))
        return terms


def _refuse_nothing_to_guide(separator: ConditionedSeparator) -> None:
    classifier = separator.classifier
    if not classifier.classes:
        raise ValueError("`guidance` compares probabilities of classes, and this encoder has no classes: leave it out")
    if separator.needs_sources or not any(p.requires_grad for p in classifier.parameters()):
        raise ValueError(
            "`guidance` guides a classifier in training, and this one is frozen: set the classifier's `fine_tuned` "
            "to 1 or 3, or leave `guidance` out"
        )
