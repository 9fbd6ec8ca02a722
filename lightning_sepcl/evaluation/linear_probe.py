"""Linear probe: how well a penalised linear classifier reads the classes off a frozen embedding."""

from __future__ import annotations

from torch import Tensor

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, held_out, joined
from lightning_sepcl.evaluation.logistic_regression import (
    LinearClassifier,
    logistic_regression,
    principal_directions,
)
from lightning_sepcl.evaluation.protocol import Figure, Protocol, classification_figure
from lightning_sepcl.evaluation.standardise import standardised

HELD_OUT = 0.1
"""Share of the training clips to choose the penalty on where there is no validation set."""


class LinearProbe(Protocol):
    """Logistic regression on standardised embeddings: accuracy, or mAP of one-vs-rest classifiers.

    The penalty is the one best on the validation clips (the larger of equals); with it the classifier is fitted
    again to training and validation clips together.

    Args:
        penalties: of the squared weights, to choose among; the loss is a mean over clips, so that they hold for
            any number of clips.
    """

    standardise = False  # by what it is fitted to: that changes when the validation clips come in

    def __init__(self, penalties: tuple[float, ...] = (3e-3, 1e-2, 3e-2, 1e-1)) -> None:
        if not penalties or min(penalties) <= 0:
            raise ValueError(f"LinearProbe needs penalties above zero, got {penalties}")
        self.penalties = tuple(sorted(penalties, reverse=True))

    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """`linear_accuracy` or `linear_map`; the phrase tells the penalty chosen."""
        fit, choose = (train, val) if val is not None else held_out(train, HELD_OUT, seed)
        penalty, start = self._best(fit, choose, multi_label)
        everything = joined(fit, choose)
        x, x_test = standardised(everything.h, test.h)
        classifier = logistic_regression(x, everything.target, penalty, multi_label, start)
        phrase = f"standardised, logistic regression, L2 penalty {penalty:g}"
        return [classification_figure("linear", classifier(x_test), test.target, multi_label, phrase)]

    def _best(self, fit: EmbeddedSet, choose: EmbeddedSet, multi_label: bool) -> tuple[float, LinearClassifier]:
        x, x_choose = standardised(fit.h, choose.h)
        classifier, tried, directions = None, [], principal_directions(x)
        for penalty in self.penalties:  # from the smoothest problem on, each starting at the last one's solution
            classifier = logistic_regression(x, fit.target, penalty, multi_label, classifier, directions=directions)
            tried.append((_worth(classifier(x_choose), choose.target, multi_label), penalty, classifier))
        _, penalty, classifier = max(tried, key=lambda one: one[0])
        return penalty, classifier


def _worth(score: Tensor, target: Tensor, multi_label: bool) -> float:
    return classification_figure("", score, target, multi_label, "").value
