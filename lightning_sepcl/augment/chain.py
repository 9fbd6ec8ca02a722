"""Several augmentations, one after the other, as one."""

from __future__ import annotations

from torch import Tensor

from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.composite import Composite


class Chain(Composite):
    """Applies its parts in order; useful inside `OneOf` and `Sometimes`, for the front end's lists are chains anyway.

    Args:
        augmentations: the parts, first to last.
    """

    def apply(self, x: Tensor, params: Params) -> Tensor:
        """The last part's result."""
        for i, part in enumerate(self.augmentations):
            x = part.apply(x, params[str(i)])
        return x

    def turned(self, direction: Tensor, params: Params) -> Tensor:
        """As all parts turn it, one after the other."""
        for i, part in enumerate(self.augmentations):
            direction = part.turned(direction, params[str(i)])
        return direction
