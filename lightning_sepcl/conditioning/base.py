"""What every source of embeddings is: waves in, logits (or any embedding) per frame out, at its own sample rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.errors import UserError


class Classifier(nn.Module, ABC):
    """Base class of what conditions separators: a sound classifier, or an encoder without one.

    It always works as in evaluation: statistics of batch norm and masks of dropout must not depend on what a separator
    is trained with.

    Attributes:
        width: values per frame; as many as classes, where it has some.
        classes: names of the classes; empty for an encoder whose embedding has no names.
        sample_rate: Hz of the waves it takes.
        hop_samples: from one frame's centre to the next one's; the first is centred on the first sample.
        reach_samples: how far to each side of its centre a frame looks, at most.
    """

    width: int
    classes: tuple[str, ...]
    sample_rate: int
    hop_samples: int
    reach_samples: int

    @abstractmethod
    def forward(self, wave: Float[Tensor, "batch sample"]) -> Float[Tensor, "batch width frame"]:
        """1 + samples // hop_samples frames of each wave, full scale 1."""

    @abstractmethod
    def layers(self) -> Sequence[nn.Module]:
        """What can be fine-tuned, the last layer first."""

    def train(self, mode: bool = True) -> Classifier:
        """Stays in evaluation mode."""
        return super().train(False)

    def fine_tune(self, last: int) -> None:
        """Let the last so many layers be trained, and freeze all others.

        Raises:
            ValueError: fewer than none, or more than there are.
        """
        layers = self.layers()
        if not 0 <= last <= len(layers):
            raise ValueError(f"`fine_tuned` is {last}, it must be between 0 and the classifier's {len(layers)} layers")
        self.requires_grad_(False)
        for layer in layers[:last]:
            layer.requires_grad_(True)

    def refuse_other_classes(self, names: Sequence[str]) -> None:
        """Tell a classifier of other classes than the data are labelled with.

        Raises:
            UserError: its classes are not these, in this order.
        """
        if self.classes == tuple(names):
            return
        odd = sorted(set(self.classes) ^ set(names))
        differ = f"they differ in {', '.join(odd[:5])}" if odd else "they stand in another order"
        raise UserError(
            f"the classifier knows {len(self.classes)} classes, the labels name {len(names)}; {differ}: "
            "train a classifier with these labels"
        )

    def asks_for_gradient(self, wave: Tensor) -> bool:
        """Whether anything will be asked to go back through the classifier."""
        return torch.is_grad_enabled() and (wave.requires_grad or any(p.requires_grad for p in self.parameters()))
