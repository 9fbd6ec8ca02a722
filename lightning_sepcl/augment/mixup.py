"""Mixup of recordings with all their microphones: another clip, with its own room, faintly behind each."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.level import rms
from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.mix import SILENT, Mix


class Mixup(Mix):
    """(1 - share) x + share y, where y is an example of another clip at the level of x; that level comes back after.

    Levels are those of all microphones together, whose differences tell the direction and stay. The partner is never
    another view of the same clip.

    Args:
        low_share: lowest part of the amplitude that is the partner's, 0 to 1.
        high_share: highest such part.

    Source: MC-SimCLR, section 3.2.2, eq. 2, and 4.2 (up to 0.01). Differs: it normalises before and after; here the
        level stays that of x, since recordings are not normalised when they are judged.
    """

    def __init__(self, low_share: float = 0.0, high_share: float = 0.01) -> None:
        super().__init__(low_share, high_share)

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """Silence stays silent, and a silent partner adds nothing."""
        share, partner = params["share"].to(x.dtype)[:, None, None], params["partner"]
        level: Tensor = rms(x, dim=(1, 2))
        theirs = level / level[partner].clamp(min=SILENT)
        mixed = torch.lerp(x, x.index_select(0, partner) * theirs[:, None, None], share)
        return mixed * (level / rms(mixed, dim=(1, 2)).clamp(min=SILENT))[:, None, None]
