"""PReLU, then norm: what stands behind both convolutions of a TDCN++ block; with scalar parameters throughout."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

NormKind = Literal["instance", "global", "layer"]
AXES: dict[NormKind, tuple[int, ...]] = {"instance": (-1,), "global": (-2, -1), "layer": (-2,)}
EPSILON = 1e-3  # under the variance; the reference's, large enough to matter for quiet channels


class ActivationNorm(nn.Module):
    """PReLU with one slope, then zero mean and unit variance, then one gain and one shift.

    With `instance` and `global` the result depends on the whole clip: on its length, and on zeros padded to it.

    Args:
        norm: over what mean and variance are taken, for each example: `instance`: the frames of a channel, `global`:
            all frames and channels, `layer`: the channels of a frame.

    Source: Kavalerov et al. 2019; slope, epsilon and scalar gain and shift as in the published code.
    """

    def __init__(self, norm: NormKind) -> None:
        super().__init__()
        self.norm: NormKind = norm
        self.slope = nn.Parameter(torch.tensor(0.1))
        self.gain = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Float[Tensor, "batch channel frame"]) -> Float[Tensor, "batch channel frame"]:
        """Same shape; in float32 at least, also under autocast."""
        full = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        active = functional.prelu(full, self.slope.to(full.dtype).reshape(1))
        return standardised(active, AXES[self.norm]) * self.gain + self.shift


def standardised(x: Float[Tensor, "*axes"], dims: tuple[int, ...]) -> Float[Tensor, "*axes"]:
    """Mean 0 and variance 1 over `dims`; constant input gives 0.

    The mean is taken off before squaring: the difference of two mean squares would cancel where the mean is large.
    """
    centred = x - x.mean(dims, keepdim=True)
    return centred * (centred.square().mean(dims, keepdim=True) + EPSILON).rsqrt()
