"""What every evaluation protocol is: embedded clips in, figures with their chance level out."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lightning_sepcl.evaluation.accuracy import accuracy, largest_class_share
from lightning_sepcl.evaluation.average_precision import mean_average_precision, mean_prevalence
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.standardise import standardised
from lightning_sepcl.evaluation.whiten import whitened
from lightning_sepcl.records import Result

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Figure:
    """A `Result` before it is known whose it is: metric, value, chance level, n and the protocol in a short phrase."""

    metric: str
    value: float
    chance: float
    n: int
    protocol: str


class Protocol(ABC):
    """Base class of the protocols: extend it, give it `figures`, and import it in `evaluation/__init__.py`.

    Attributes:
        standardise: give every dimension mean 0 and deviation 1 over the training clips first, for every
            representation alike: cosines of raw embeddings compare little more than their common offset.
        whiten: after that, also divide every principal direction of the training clips by its deviation.
        needs_training_labels: whether labelled training clips are needed.
    """

    standardise: bool = True
    whiten: bool = False
    needs_training_labels: bool = True

    @abstractmethod
    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """The figures of labelled, finite, already standardised sets; touches no global random state."""

    def judge(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, what: str, multi_label: bool, seed: int
    ) -> list[Result]:
        """What the representation `what` is worth on `test`.

        Clips without labels are left out. Where labels are missing altogether there are no results and one line in
        the log; where an embedding is not finite (a diverged run) the figures are NaN.

        Args:
            train: clips to learn from and to standardise by; unlabelled ones serve the second purpose.
            val: clips to choose settings on; None: a part of `train` where the protocol needs one.
            test: clips to be judged on.
            what: name of the representation.
            multi_label: whether a clip may have any number of classes; decides between mAP and accuracy.
            seed: of every random choice.
        """
        sets = [train, val or train.rows(torch.arange(0)), test]
        if not self._has_labels(train, test, what):
            return []
        # out of Lightning's inference mode: its tensors cannot be trained on
        with torch.inference_mode(False), torch.enable_grad():
            finite = all(bool(s.h.isfinite().all()) for s in sets)
            h: Sequence[Tensor] = [s.h.detach().clone().float().nan_to_num(0.0, 0.0, 0.0) for s in sets]
            h = standardised(*h) if self.standardise else h
            h = whitened(*h) if self.whiten else h
            fit, choose, judged = (s.with_h(x).known() for s, x in zip(sets, h, strict=True))
            found = self.figures(fit, choose if len(choose) else None, judged, multi_label, seed)
        if not finite:
            log.warning("%s of %s is NaN: some embeddings are not finite", type(self).__name__, what)
        nan = float("nan")
        return [Result(what, f.metric, f.value if finite else nan, f.chance, f.n, f.protocol, seed) for f in found]

    def _has_labels(self, train: EmbeddedSet, test: EmbeddedSet, what: str) -> bool:
        missing = [name for name, clips in (("training", train), ("test", test)) if not bool(clips.labelled.any())]
        if not self.needs_training_labels and len(train):
            missing = [name for name in missing if name == "test"]
        if missing:
            log.warning("%s of %s left out: no labelled %s clips", type(self).__name__, what, " and no ".join(missing))
        return not missing

    def _phrase(self, words: str) -> str:
        return words + (", standardised" if self.standardise else "") + (", whitened" if self.whiten else "")


def classification_figure(prefix: str, score: Tensor, target: Tensor, multi_label: bool, phrase: str) -> Figure:
    """mAP (chance: mean prevalence) or accuracy (chance: share of the largest test class) of class scores.

    Args:
        prefix: of the metric's name: `knn` gives `knn_map` or `knn_accuracy`.
        score: (n, class), the higher the likelier.
        target: (n, class).
        multi_label: mAP, a mean over the classes present in `target`; else accuracy, a mean over clips.
        phrase: the protocol in words.
    """
    if multi_label:
        classes = int((target.sum(0) > 0).sum())
        chance = mean_prevalence(target)
        return Figure(f"{prefix}_map", mean_average_precision(score, target), chance, classes, phrase)
    right = accuracy(score, target)
    return Figure(f"{prefix}_accuracy", right, largest_class_share(target), len(target), phrase)


def judge_embeddings(
    protocols: Sequence[Protocol],
    train: EmbeddedSet,
    val: EmbeddedSet | None,
    test: EmbeddedSet,
    what: str = "embedding",
    multi_label: bool = False,
    seed: int = 0,
) -> list[Result]:
    """All figures of one representation: the results of every protocol, in order.

    >>> from lightning_sepcl.evaluation.knn import KNN
    >>> target = torch.eye(3).repeat(4, 1)  # 12 clips, three classes in turn
    >>> clips = EmbeddedSet(target @ torch.randn(3, 8), target, torch.ones(12, dtype=torch.bool), tuple("abcdefghijkl"))
    >>> for result in judge_embeddings([KNN(k=3)], train=clips, val=None, test=clips):
    ...     print(f"{result.what}: {result.metric} {result.value:.2f}, chance {result.chance:.2f}, n {result.n}")
    embedding: knn_accuracy 1.00, chance 0.33, n 12
    """
    return [r for p in protocols for r in p.judge(train, val, test, what, multi_label, seed)]
