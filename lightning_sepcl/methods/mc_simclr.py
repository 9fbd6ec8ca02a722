"""MC-SimCLR: SimCLR on recordings of several microphones, so that h tells what sounds and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import ProjectionHead
from lightning_sepcl.methods.simclr import SimCLR
from lightning_sepcl.objectives.nt_xent import NTXent


class MCSimCLR(SimCLR):
    """SimCLR with the head and the temperature of the paper; what makes it spatial is the front end.

    Both views of a clip come from the same place, so that nearness in h means the same sound from the same direction.
    `LogMelGCC` gives the features; `ChannelSwap` and `Mixup` change waves, `AreaCrop` and `ChannelDrop` features, in
    this order.

    Args:
        front: clips -> views as features; two views.
        encoder: features -> embedding h.
        head: built from the encoder's width; h -> z, which only the loss sees.
        objective: the contrastive loss.

    Source: Jiang et al. 2024, section 3 (two layers, temperature 0.1). The head's widths are not stated: 128, with
        batch norm, as the code of Fonseca et al. 2021 has it.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        head: Callable[[int], ProjectionHead] = lambda dim: ProjectionHead(dim, hidden=128, out=128, norm="batch"),
        objective: NTXent | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, head, objective or NTXent(temperature=0.1), **kwargs)
