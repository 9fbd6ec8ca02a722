"""Heads: what stands between the embedding h and the loss. Each is built from the encoder's `dim`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

__all__ = ["AzimuthHead", "CoincidenceHead", "LinearClassifier", "ProjectionHead"]


class ProjectionHead(nn.Module):
    """h -> z, which only the contrastive loss sees.

    Args:
        dim: width of h.
        hidden: width of the hidden layer.
        out: width of z.
        norm: `none` as in the paper, or `batch` norm before the ReLU, over all views of the batch together.

    Source: separated scenes, section 4.2 (256 and 128).
    """

    def __init__(self, dim: int, hidden: int = 256, out: int = 128, norm: Literal["none", "batch"] = "none") -> None:
        super().__init__()
        self.hidden = nn.Linear(dim, hidden, bias=norm == "none")
        self.norm = nn.BatchNorm1d(hidden) if norm == "batch" else nn.Identity()
        self.out = nn.Linear(hidden, out)

    def forward(self, h: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch out"]:
        """z of every h."""
        rows = self.norm(self.hidden(h.reshape(-1, h.shape[-1])))
        z: Tensor = self.out(functional.relu(rows))
        return z.reshape(*h.shape[:-1], -1)


class CoincidenceHead(nn.Module):
    """How likely two embeddings come from the same clip: an MLP on both, evaluated on all pairs at once.

    The first layer is linear in the pair, so its two halves are applied once per embedding and added per pair: the
    pairs themselves, (n · m, 2 · dim), are never built. The hidden layers are computed for some rows at a time, and
    once more on the way back, so that a batch of 1024 needs 0.7 GB where all pairs at once would need 8.

    Args:
        dim: width of an embedding.
        hidden: width of both hidden layers.
        rows_at_once: first embeddings that are paired with all second ones at a time; a smaller batch is computed
            in one go.

    Source: separated scenes, section 4.2 (512 and 512).
    """

    def __init__(self, dim: int, hidden: int = 512, rows_at_once: int = 64) -> None:
        super().__init__()
        if rows_at_once < 1:
            raise ValueError(f"CoincidenceHead: `rows_at_once` is {rows_at_once}, it must be at least 1")
        self.rows_at_once = rows_at_once
        self.first = nn.Linear(2 * dim, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, a: Float[Tensor, "n dim"], b: Float[Tensor, "m dim"]) -> Float[Tensor, "n m"]:
        """The logit of every pair: row i, column j is (a[i], b[j]); above 0 means the same clip."""
        weight_a, weight_b = self.first.weight.chunk(2, dim=1)
        from_a, from_b = functional.linear(a, weight_a, self.first.bias), functional.linear(b, weight_b)
        if len(a) <= self.rows_at_once:
            return self._logits(from_a, from_b)
        return torch.cat(
            [self._logits_again_backwards(rows, from_b) for rows in torch.split(from_a, self.rows_at_once)]
        )

    def _logits(self, from_a: Float[Tensor, "row hidden"], from_b: Float[Tensor, "m hidden"]) -> Float[Tensor, "row m"]:
        pairs = functional.relu(from_a[:, None] + from_b[None])
        logits: Tensor = self.out(functional.relu(self.second(pairs)))
        return logits.squeeze(-1)

    def _logits_again_backwards(self, from_a: Tensor, from_b: Tensor) -> Tensor:
        again = cast(Callable[..., Tensor], checkpoint)
        return again(self._logits, from_a, from_b, use_reentrant=False, preserve_rng_state=False)


class LinearClassifier(nn.Linear):
    """h -> a logit per class.

    Args:
        dim: width of h.
        classes: number of classes.
    """

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__(dim, classes)


class AzimuthHead(nn.Linear):
    """h -> (x, y), which points to where the sound comes from; the azimuth is its angle.

    Args:
        dim: width of h.
    """

    def __init__(self, dim: int) -> None:
        super().__init__(dim, 2)
