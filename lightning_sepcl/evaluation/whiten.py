"""Whitening: directions that vary much because the data does, not because they tell clips apart, lose their weight."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

FLOOR = 0.01
"""Added to each squared singular value's share of the largest, so that directions of mere noise are not blown up.
Ours; the only value tried."""
LEAST = 1e-3
"""Directions whose singular value is below this share of the largest are dropped."""


def whitened(train: Float[Tensor, "n dim"], *others: Float[Tensor, "_ dim"]) -> tuple[Float[Tensor, "_ rank"], ...]:
    """`train` and the `others` in the principal directions of `train`, each divided by about its deviation there.

    Labels play no part. Angles between the results are what a cosine after a Mahalanobis distance would see.
    """
    exact = train.double()
    mean = exact.mean(0)
    _, size, direction = torch.linalg.svd(exact - mean, full_matrices=False)
    share = size / size[0].clamp(min=torch.finfo(size.dtype).tiny)
    kept = share > LEAST
    turn = direction[kept].T * (share[kept] ** 2 + FLOOR) ** -0.5
    return tuple(((x.double() - mean) @ turn).to(x.dtype) for x in (train, *others))
