"""Example mixing: another clip of the batch as background."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.level import rms
from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import in_order, uniform, whole_up_to

SILENT = 1e-20
"""An rms so small that raising it to any level of sound would only raise rounding errors."""


class Mix(Augmentation):
    """Adds an example of another clip, brought to the same level first, as a drawn share of the power.

    The result is sqrt(1 - share) x + sqrt(share) y: where the two are uncorrelated, the level stays and the partner
    has `share` of the power (0.1 is a background 9.5 dB below). The partner is never another view of the same
    clip, which would be no background but the answer. A batch of one clip is left as it is.

    Args:
        low_share: lowest part of the power that comes from the partner, 0 to 1.
        high_share: highest such part.

    Raises:
        ValueError: the shares are not within 0..1.

    Source: the idea of mix-back, Fonseca et al. 2021, "Unsupervised contrastive learning of sound event
        representations". Differs: on waves instead of spectrograms, and the share is of the power.
    """

    domain = "wave"
    uses_other_examples = True

    def __init__(self, low_share: float = 0.0, high_share: float = 0.1) -> None:
        self.low_share, self.high_share = in_order(low_share, high_share, "Mix, low_share and high_share")
        if low_share < 0 or high_share > 1:
            raise ValueError(f"Mix: shares must be within 0..1, found {low_share:g} and {high_share:g}")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`partner` (n,), a row of another clip, and `share` (n,)."""
        n = shape[0]
        clips = n // self.views
        if clips * self.views != n:
            raise ValueError(f"Mix: {n} examples are not whole clips of {self.views} views each")
        share = uniform(n, self.low_share, self.high_share, generator)
        view = whole_up_to(torch.full((n,), self.views - 1), generator)
        distance = 1 + whole_up_to(torch.full((n,), max(clips - 2, 0)), generator)
        partner = (torch.arange(n) // self.views + distance) % clips * self.views + view
        return {"partner": partner, "share": share if clips > 1 else torch.zeros(n)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """Silence stays silent, and a silent partner adds nothing."""
        share, partner = params["share"].to(x.dtype), params["partner"]
        level: Tensor = rms(x, dim=(1, 2))
        ours = (1 - share).sqrt()[:, None, None]
        theirs = share.sqrt() * level / level[partner].clamp(min=SILENT)
        # One new tensor, changed in place: fresh memory costs a CPU more than the arithmetic does.
        return x.index_select(0, partner).mul_(theirs[:, None, None]).addcmul_(x, ours)
