"""Heads: what stands between the embedding h and the loss. Each is built from the encoder's `dim`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

__all__ = ["AzimuthHead", "ClassBranch", "CoincidenceHead", "LinearClassifier", "ProjectionHead"]


class ProjectionHead(nn.Module):
    """h -> z, which only the contrastive loss sees.

    Args:
        dim: width of h.
        hidden: width of the hidden layers.
        out: width of z.
        norm: `none` as in the papers, or `batch` norm before each ReLU, over all views of the batch together.
        layers: linear layers, the last included; 2 or more.

    Source: separated scenes, section 4.2 (2 layers, 256 and 128); CLAR, section 3.2 (3 layers and 128; its code: 512,
        with batch norm).
    """

    def __init__(
        self, dim: int, hidden: int = 256, out: int = 128, norm: Literal["none", "batch"] = "none", layers: int = 2
    ) -> None:
        super().__init__()
        if layers < 2:
            raise ValueError(f"ProjectionHead: `layers` is {layers}, it must be at least 2")
        self.hidden, self.norm = _normed_layer(dim, hidden, norm)
        self.deeper = nn.Sequential()
        for _ in range(layers - 2):
            self.deeper.extend([*_normed_layer(hidden, hidden, norm), nn.ReLU()])
        self.out = nn.Linear(hidden, out)

    def forward(self, h: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch out"]:
        """z of every h."""
        rows = self.norm(self.hidden(h.reshape(-1, h.shape[-1])))
        z: Tensor = self.out(self.deeper(functional.relu(rows)))
        return z.reshape(*h.shape[:-1], -1)


def _normed_layer(inputs: int, outputs: int, norm: Literal["none", "batch"]) -> tuple[nn.Linear, nn.Module]:
    if norm == "none":
        return nn.Linear(inputs, outputs), nn.Identity()
    return nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs)  # which would subtract a bias again


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


class ClassBranch(nn.Module):
    """z -> a logit per class, for methods that tell classes apart behind their projection.

    Args:
        dim: width of z.
        classes: number of classes.
        variant: `paper`: one linear layer; `code`: batch norm over all views together, ReLU, and a layer without bias.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.2, projection head.
    """

    def __init__(self, dim: int, classes: int, variant: Literal["paper", "code"] = "paper") -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(dim) if variant == "code" else nn.Identity()
        self.activation = nn.ReLU() if variant == "code" else nn.Identity()
        self.out = nn.Linear(dim, classes, bias=variant == "paper")

    def forward(self, z: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch class"]:
        """The logits of every z, of any length."""
        rows: Tensor = self.out(self.activation(self.norm(z.reshape(-1, z.shape[-1]))))
        return rows.reshape(*z.shape[:-1], -1)


class AzimuthHead(nn.Linear):
    """h -> (x, y), which points to where the sound comes from; the azimuth is its angle.

    Args:
        dim: width of h.
        sources: how many such points, one after the other.
    """

    def __init__(self, dim: int, sources: int = 1) -> None:
        super().__init__(dim, 2 * sources)
