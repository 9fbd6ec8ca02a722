"""Channel swap: a circular array heard from another side, without moving anything but the order of its microphones."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import whole_up_to


class ChannelSwap(Augmentation):
    """One of the orders of the microphones that a turn or a mirror image of the array would give, drawn per clip.

    Microphone k of M lies at the azimuth `turned_deg` + k 360° / M, counter-clockwise, as `data_sim.circular` has it.
    Arrangement 0 to M - 1 turns the sound by as many steps of 360° / M, arrangement M + j mirrors it at the axis of
    microphone 0 and then turns it by j steps. Four microphones have eight arrangements, the first being as recorded.
    Elevation and distance stay.

    Args:
        turned_deg: azimuth of the first microphone.

    Source: MC-SimCLR, section 3.2.1. The orders of other arrays, such as tetrahedra, are others.
    """

    domain = "wave"
    shared_by_views = True
    least_microphones = 2

    def __init__(self, turned_deg: float = 0.0) -> None:
        self.turned_deg = turned_deg

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`arrangement` (n,) and the number of microphones, `microphones` (n,).

        Raises:
            ValueError: one microphone, or none, cannot be swapped.
        """
        n, microphones = shape[0], shape[1]
        if microphones < 2:
            raise ValueError(f"ChannelSwap: the clips have {microphones} microphone; it needs a circle of 2 or more")
        last = torch.full((n,), 2 * microphones - 1)
        return {"arrangement": whole_up_to(last, generator), "microphones": torch.full((n,), microphones)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """The same waves in another order."""
        order = orders(x.shape[1]).to(x.device)[params["arrangement"]]
        return x.gather(1, order[:, :, None].expand_as(x))

    def turned(self, direction: Float[Tensor, "n place"], params: Params) -> Float[Tensor, "n place"]:
        """Azimuth a becomes a + j s, or 2 `turned_deg` - a + j s, of s = 360° / M; within -180 and 180.

        Every third column is an azimuth, that of one source after the other.
        """
        arrangement, microphones = params["arrangement"][:, None], params["microphones"][:, None]
        before, mirrored = direction[:, ::3], arrangement >= microphones
        steps = (arrangement % microphones) * (360.0 / microphones)
        azimuth = torch.where(mirrored, 2 * self.turned_deg - before, before) + steps
        out = direction.clone()
        out[:, ::3] = (torch.remainder(azimuth + 180, 360) - 180).to(direction.dtype)
        return out


def orders(microphones: int) -> Int64[Tensor, "{2*microphones} {microphones}"]:
    """Which microphone takes each one's place, arrangement by arrangement: the dihedral group of the circle.

    >>> orders(4)[1].tolist(), orders(4)[4].tolist()
    ([3, 0, 1, 2], [0, 3, 2, 1])
    """
    k, j = torch.arange(microphones), torch.arange(microphones)[:, None]
    return torch.cat([(k - j) % microphones, (j - k) % microphones])
