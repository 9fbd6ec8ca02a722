"""What two sources that overlap are, and from which azimuths they come, in no order."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import AzimuthHead
from lightning_sepcl.methods.event_localisation import EventLocalisation
from lightning_sepcl.objectives.azimuth import PairOfAzimuthsLoss


class TwoSourceLocalisation(EventLocalisation):
    """Class and azimuth of two sources at once: several classes may be there, and two points on the circle are told.

    Classes need no order, as each has an output of its own; the two azimuths are trained with whichever assignment to
    the sources is better. Which azimuth belongs to which class is not told.

    Args:
        front: clips -> views as features; each view is an example of its own. ChannelSwap turns both azimuths along.
        encoder: features -> embedding h.
        pretrained: folder of a run, or a checkpoint, whose encoder and statistics of features training starts from.
        encoder_gradient: what the gradient that reaches the encoder is multiplied by.
        azimuth_weight: of the azimuths' loss beside the classes'.
        pretrained_layers: also start from the two layers of `pretrained`, which is then a run of this method.

    Source: ours, after MC-SimCLR, section 4.3, and the permutation invariant training of Cao et al. 2021.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        pretrained: str | None = None,
        encoder_gradient: float = 1.0,
        azimuth_weight: float = 1.0,
        pretrained_layers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, pretrained, encoder_gradient, azimuth_weight, pretrained_layers, **kwargs)
        if not self.multi_label:
            raise ValueError(
                "TwoSourceLocalisation needs scenes with two sources: render them with `count = 2` under [source]"
            )
        self.azimuth, self.azimuth_loss = AzimuthHead(encoder.dim, sources=2), PairOfAzimuthsLoss()

    def azimuths(self, direction: Float[Tensor, "n place"]) -> Float[Tensor, "n ..."]:
        """Of both sources, degrees; NaN for one that is not there."""
        if direction.shape[1] < 6:
            return torch.cat([direction[:, :1], torch.full_like(direction[:, :1], torch.nan)], 1)
        return direction[:, :6:3]

    def mean_direction(self, points: Float[Tensor, "clip window place"]) -> Float[Tensor, "clip place"]:
        """Window by window the two points are put in the order in which they agree better with those before."""
        pairs = nn.functional.normalize(points.reshape(*points.shape[:2], 2, 2), dim=3)
        total = pairs[:, 0].clone()
        for pair in pairs.unbind(1)[1:]:
            turned = pair.flip(1)
            better = (total * turned).sum((1, 2)) > (total * pair).sum((1, 2))
            total = total + torch.where(better[:, None, None], turned, pair)
        return total.flatten(1) / points.shape[1]
