"""No change: one of the choices that `OneOf` may have."""

from __future__ import annotations

import torch
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params


class Identity(Augmentation):
    """Leaves waves and features as they are."""

    domain = "any"

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """Nothing."""
        return {}

    def apply(self, x: Tensor, params: Params) -> Tensor:
        """`x` itself."""
        return x
