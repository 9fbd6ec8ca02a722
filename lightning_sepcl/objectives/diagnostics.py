"""What a falling loss does not show: do positives come close, do clips spread out, has everything collapsed?"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def alignment(z: Float[Tensor, "batch view dim"]) -> Float[Tensor, ""]:
    """Mean squared distance between the views of a clip on the unit sphere: 0 is perfect, 2 is chance, 4 the worst.

    Source: Wang & Isola 2020, section 4.1 (alpha = 2).
    """
    directions, views = functional.normalize(z.float(), dim=-1), z.shape[1]
    first, second = torch.triu_indices(views, views, offset=1, device=z.device)
    return (directions[:, first] - directions[:, second]).square().sum(-1).mean()


def uniformity(z: Float[Tensor, "n dim"], sharpness: float = 2.0) -> Float[Tensor, ""]:
    """Log of the mean, over all pairs of rows, of exp(−sharpness · squared distance) on the unit sphere.

    0 where all rows point the same way, down to about −2 · `sharpness` where they spread over many dimensions.

    Source: Wang & Isola 2020, section 4.2 (t = 2).
    """
    distances: Tensor = torch.pdist(functional.normalize(z.float(), dim=-1))
    return distances.square().mul(-sharpness).exp().mean().log()


def embedding_std(z: Float[Tensor, "n dim"]) -> Float[Tensor, ""]:
    """The collapse alarm: spread of the directions per dimension, times sqrt(dim).

    0 where all rows point the same way, near 1 where they spread evenly over all dimensions.

    Source: Chen & He 2021 (SimSiam), section 4.1. Differs: the factor, so that 1 is good at any width.
    """
    directions = functional.normalize(z.float(), dim=-1)
    return directions.std(0, correction=0).mean() * math.sqrt(z.shape[1])
