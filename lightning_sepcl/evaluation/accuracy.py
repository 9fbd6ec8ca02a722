"""Share of clips whose best-scored class is theirs, where every clip has exactly one class."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor


def accuracy(score: Float[Tensor, "n class"], target: Float[Tensor, "n class"]) -> float:
    """Share of clips whose highest score is at their class; the first of equal scores counts.

    >>> import torch
    >>> accuracy(torch.tensor([[0.2, 0.8], [0.9, 0.1]]), torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
    0.5
    """
    return float((score.argmax(1) == class_index(target)).double().mean())


def largest_class_share(target: Float[Tensor, "n class"]) -> float:
    """The accuracy of always naming the class that most clips of `target` have: chance level of an accuracy."""
    return float(target.double().mean(0).max())


def class_index(target: Float[Tensor, "n class"]) -> Int[Tensor, " n"]:
    """The one class of each clip.

    Raises:
        ValueError: a clip has no class or several.
    """
    wrong = int((target.sum(1) != 1).sum())
    if wrong:
        raise ValueError(f"{wrong} of {len(target)} labelled clips have no class or several: set multi_label to true")
    return target.argmax(1)
