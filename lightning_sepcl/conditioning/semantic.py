"""What a classifier's frames say of several signals together: the kinds of embedding that condition a separator."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def soft_or(logits: Float[Tensor, "batch source *axes"]) -> Float[Tensor, batch * axes]:
    """Logit of 1 − Π(1 − p): that at least one source has the class; exact and with a finite gradient at any logit.

    Two logits a and b give log(e^a + e^b + e^(a+b)), which is folded over the sources; probabilities, which round to 0
    and 1 from ±17 on in float32, are never formed.

    Source: Tzinis et al. 2020, eq. 1, in another form.

    >>> soft_or(torch.tensor([[0.0, 0.0]])).exp()                       # 3/4 against 1/4
    tensor([3.])
    """
    joined, *others = logits.unbind(1)
    for other in others:
        joined = torch.logsumexp(torch.stack([joined, other, joined + other]), 0)
    return joined


def mean_in_probability(logits: Float[Tensor, "*axes frame"]) -> Float[Tensor, "*axes 1"]:
    """Logit of the mean probability over the frames; exact also where all frames are sure.

    Source: Tzinis et al. 2020, section 4.3: a time-invariant embedding, "the mean across frames in probability space".

    >>> mean_in_probability(torch.tensor([-80.0, -80.0]))
    tensor([-80.])
    """
    log_present = functional.logsigmoid(logits).logsumexp(-1, keepdim=True)
    log_absent = functional.logsigmoid(-logits).logsumexp(-1, keepdim=True)
    return log_present - log_absent


def all_signals(
    mixture: Float[Tensor, "batch channel frame"], sources: Float[Tensor, "batch source channel frame"]
) -> Float[Tensor, "batch stacked frame"]:
    """Mixture and sources behind each other on the channel axis: (1 + sources) · channels.

    Source: Tzinis et al. 2020, section 2.2, which writes the stack along time; there it could not be resampled.
    """
    return torch.cat([mixture, sources.flatten(1, 2)], 1)
