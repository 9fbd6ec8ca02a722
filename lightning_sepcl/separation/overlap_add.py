"""Overlap-add: frames back into a wave, each added where it was cut from; what both bases end with."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def overlap_add(frames: Float[Tensor, "*axes frame window"], hop: int) -> Float[Tensor, "*axes sample"]:
    """The sum of all frames, frame t starting at sample t · hop; ((frames − 1) · hop + window) samples long.

    Nothing is divided by the number of frames that overlap: a window that should sum to one does so itself.

    Args:
        frames: at least one.
        hop: samples from one frame's start to the next one's, at most the window.

    >>> import torch
    >>> overlap_add(torch.ones(3, 4), hop=2)
    tensor([1., 1., 2., 2., 2., 2., 1., 1.])
    """
    count, window = frames.shape[-2:]
    parts = -(-window // hop)
    padded = functional.pad(frames, (0, parts * hop - window))
    # Part p of every frame begins a whole hop: laid side by side, the parts p of all frames are one piece of wave.
    total = functional.pad(padded[..., :hop], (0, 0, 0, parts - 1))
    for part in range(1, parts):
        piece = padded[..., part * hop : (part + 1) * hop]
        total = total + functional.pad(piece, (0, 0, part, parts - 1 - part))
    return total.flatten(-2)[..., : (count - 1) * hop + window]
