"""Evaluation head: a small network trained anew on the frozen embeddings, as in CLAR."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.protocol import Figure, Protocol, classification_figure


class EvaluationHead(Protocol):
    """Fully connected layers of 512 units with ReLU, trained for so many steps on all labelled training clips.

    No validation clips are used, and all of it is drawn from the seed.

    Args:
        hidden: units of the layers before the last.
        steps: of training, whatever the number of clips.
        batch_size: clips per step.
        learning_rate: of the first step; it falls to 0 along half a cosine.
        standardise: whether to standardise by the training clips first.
        variant: `paper`: three layers like the projection head's; `code`: two, with batch norm between them and 0.2
            of the embedding and of the hidden units dropped while training.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.2, evaluation head. It does not state the training: Adam,
        its rate, steps, batch and standardising are ours. Its code trains one head along with the encoder (SGD, rate
        0.001), whose figures depend on when one looks; here every evaluation begins a fresh one.
    """

    def __init__(
        self,
        hidden: int = 512,
        steps: int = 500,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
        standardise: bool = True,
        variant: Literal["paper", "code"] = "paper",
    ) -> None:
        if min(hidden, steps, batch_size) < 1:
            raise ValueError(
                "EvaluationHead: hidden, steps and batch_size must be at least 1, "
                f"found {hidden}, {steps} and {batch_size}"
            )
        self.hidden, self.steps, self.batch_size = hidden, steps, batch_size
        self.learning_rate, self.standardise, self.variant = learning_rate, standardise, variant

    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """`head_accuracy`, or `head_map` where clips may have several classes."""
        head = self.fit(train, multi_label, seed)
        with torch.no_grad():
            score = head(test.h)
        phrase = self._phrase(f"{3 if self.variant == 'paper' else 2} layers of {self.hidden}, {self.steps} steps")
        return [classification_figure("head", score, test.target, multi_label, phrase)]

    def fit(self, train: EmbeddedSet, multi_label: bool, seed: int) -> nn.Sequential:
        """A head trained on `train`, ready to be asked; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            head = self._fresh(train.h.shape[1], train.target.shape[1])
            adam = torch.optim.Adam(head.parameters(), self.learning_rate)
            rows = self._rows(len(train))
            for step in range(self.steps):
                adam.param_groups[0]["lr"] = self.learning_rate * (1 + math.cos(math.pi * step / self.steps)) / 2
                chosen = rows[step]
                adam.zero_grad()
                torch.autograd.backward(_loss(head(train.h[chosen]), train.target[chosen], multi_label))
                adam.step()
        return head.eval()

    def _fresh(self, dim: int, classes: int) -> nn.Sequential:
        hidden = self.hidden
        if self.variant == "paper":
            return nn.Sequential(
                nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)
            )
        return nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(dim, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(hidden, classes),
        )

    def _rows(self, clips: int) -> list[Tensor]:
        """Which clips each step sees: whole batches, every clip once before any comes again."""
        batch = min(self.batch_size, clips)
        rounds = math.ceil(self.steps / (clips // batch))
        batches = [b for _ in range(rounds) for b in torch.split(torch.randperm(clips), batch) if len(b) == batch]
        return batches[: self.steps]


def _loss(logits: Tensor, target: Tensor, multi_label: bool) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, target) if multi_label else F.cross_entropy(logits, target)
