"""One of several augmentations, chosen example by example; and one that is applied to a part of the examples."""

from __future__ import annotations

import torch
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params, rows
from lightning_sepcl.augment.composite import Composite
from lightning_sepcl.augment.identity import Identity


class OneOf(Composite):
    """Each example goes through one of the parts, drawn by weight.

    Args:
        augmentations: the parts to choose from; `Identity` for none.
        weights: how likely each is, in any scale; null: all alike.

    Raises:
        ValueError: weights that are not one per part, below 0, or all 0.
    """

    def __init__(self, augmentations: list[Augmentation], weights: list[float] | None = None) -> None:
        super().__init__(augmentations)
        weights = weights if weights is not None else [1.0] * len(augmentations)
        if len(weights) != len(augmentations) or min(weights) < 0 or sum(weights) <= 0:
            raise ValueError(
                f"{type(self).__name__}: {len(augmentations)} augmentations want as many weights, "
                f"none below 0 and not all 0, found {weights}"
            )
        self.weights = weights

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`choice` (n,), the number of the part, beside each part's draw."""
        weights = torch.tensor(self.weights, dtype=torch.float64)
        choice = torch.multinomial(weights, shape[0], replacement=True, generator=generator)
        return {"choice": choice, **super().draw(shape, generator)}

    def apply(self, x: Tensor, params: Params) -> Tensor:
        """Each part sees only the examples that chose it, unless it needs the others to mix with."""
        out = x.clone()
        for i, part in enumerate(self.augmentations):
            own = params[str(i)]
            chose = (params["choice"] == i).nonzero()[:, 0]
            if not len(chose):
                continue
            if part.uses_other_examples:
                out[chose] = part.apply(x, own)[chose]
            else:
                out[chose] = part.apply(x[chose], rows(own, chose))
        return out

    def turned(self, direction: Tensor, params: Params) -> Tensor:
        """As the part that each example chose turns it."""
        out = direction.clone()
        for i, part in enumerate(self.augmentations):
            chose = params["choice"] == i
            out[chose] = part.turned(direction, params[str(i)])[chose]
        return out


class Sometimes(OneOf):
    """Applies an augmentation to a part of the examples and leaves the others as they are.

    Args:
        augmentation: what is applied.
        p: how likely it is for each example, 0 to 1.
    """

    def __init__(self, augmentation: Augmentation, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Sometimes: p must be within 0..1, found {p:g}")
        super().__init__([augmentation, Identity()], [p, 1 - p])
