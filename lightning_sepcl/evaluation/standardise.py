"""Every dimension of an embedding with mean 0 and deviation 1, as measured on the training clips alone."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

CONSTANT = 1e-6
"""A dimension whose deviation is below this share of its rms is constant to float32: it carries rounding noise."""


def standardised(train: Float[Tensor, "n dim"], *others: Float[Tensor, "_ dim"]) -> tuple[Float[Tensor, "_ dim"], ...]:
    """`train` and the `others`, centred and scaled by the mean and deviation of `train`.

    A dimension that is constant over `train` becomes 0 everywhere, so that its noise is not blown up.
    Scaling a dimension changes nothing, whatever its unit.

    >>> train, test = standardised(torch.tensor([[1.0, 5.0], [3.0, 5.0]]), torch.tensor([[2.0, 6.0]]))
    >>> train.tolist(), test.tolist()
    ([[-1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0]])
    """
    exact = train.double()
    mean, deviation = exact.mean(0), exact.std(0, correction=0)
    varies = deviation > CONSTANT * (mean.square() + deviation.square()).sqrt()
    scale = torch.where(varies, 1 / deviation.where(varies, torch.ones_like(deviation)), 0.0)
    return tuple(((x.double() - mean) * scale).to(x.dtype) for x in (train, *others))
