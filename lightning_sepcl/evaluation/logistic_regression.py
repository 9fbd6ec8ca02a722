"""Penalised logistic regression, multinomial or one-vs-rest, to its optimum by full-batch L-BFGS."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Directions = tuple[Tensor, Tensor]
"""An orthonormal basis (dim, rank) and the mean square of the data along each of its directions (rank,)."""


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """Class scores that are linear in the embedding.

    Attributes:
        weight: (class, dim).
        bias: (class,).
    """

    weight: Float[Tensor, "class dim"]
    bias: Float[Tensor, "class"]

    def __call__(self, x: Float[Tensor, "n dim"]) -> Float[Tensor, "n class"]:
        """Logits of each class."""
        return x @ self.weight.T + self.bias


def logistic_regression(
    x: Float[Tensor, "n dim"],
    target: Float[Tensor, "n class"],
    penalty: float,
    multi_label: bool = False,
    start: LinearClassifier | None = None,
    tolerance: float = 3e-5,
    max_steps: int = 300,
    directions: Directions | None = None,
) -> LinearClassifier:
    """The classifier that minimises the mean cross-entropy plus `penalty` / 2 times the sum of squared weights.

    The problem is convex and nothing is drawn, so the answer is one; it does not depend on `start`. Biases are not
    penalised. The gradient is written out, which also lets it run where autograd is off.

    Args:
        x: embeddings; their dtype (float32 or float64) is computed in.
        target: one 1 per row, or any number of them when `multi_label`.
        penalty: of the squared weights; scikit-learn's `C` is 1 / (n * penalty).
        multi_label: one binary problem per class (the losses are added) instead of one softmax over the classes.
        start: where to begin; the solution for a neighbouring penalty saves most of the steps.
        tolerance: largest entry of the gradient to stop at, in the units of the steps.
        max_steps: to stop at in any case.
        directions: `principal_directions(x)`, to find them once for several penalties.

    Source: Liu & Nocedal 1989 (L-BFGS), strong Wolfe line search.
    """
    target = target.to(x.dtype)
    classes = target.shape[1]
    turn, spread = directions or principal_directions(x)
    # Newton's step for directions this far apart in spread would take them apart too: along each direction the loss
    # bends by about its variance times p (1 - p). Measured in these units the problem is nearly round, and L-BFGS
    # needs tens of steps instead of hundreds.
    bend = 0.25 if multi_label else 1 / classes
    unit = (bend * spread + penalty).rsqrt()
    seen = x @ turn * unit
    flat = x.new_zeros(classes, len(unit) + 1)
    if start is not None:
        flat = torch.cat([start.weight @ turn / unit, start.bias[:, None]], 1)
    flat = flat.clone().requires_grad_()  # the optimiser looks for `.grad`; no graph is built
    solver = torch.optim.LBFGS(
        [flat],
        max_iter=max_steps,
        history_size=20,
        tolerance_grad=tolerance,
        tolerance_change=tolerance**2,
        line_search_fn="strong_wolfe",
    )
    decay = torch.cat([penalty * unit.square(), unit.new_zeros(1)])

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def objective() -> Tensor:
        logits = torch.addmm(flat[:, -1], seen, flat[:, :-1].T)
        loss, error = _one_vs_rest(logits, target) if multi_label else _multinomial(logits, target)
        flat.grad = torch.cat([error.T @ seen, error.sum(0)[:, None]], 1) + decay * flat
        return loss + (decay * flat.square()).sum() / 2

    solver.step(objective)  # type: ignore[no-untyped-call]
    solution = flat.detach()
    return LinearClassifier((solution[:, :-1] * unit) @ turn.T, solution[:, -1].contiguous())


def principal_directions(x: Float[Tensor, "n dim"]) -> Directions:
    """An orthonormal basis of all that the rows of `x` span, and the mean square along each direction.

    Weights outside of the span change no logit, so the penalty makes them 0: with more dimensions than clips the
    problem shrinks to as many directions as there are clips, exactly.
    """
    exact = x.double()
    span = torch.linalg.qr(exact.T).Q if x.shape[1] > x.shape[0] else None
    inside = exact if span is None else exact @ span
    spread, turn = torch.linalg.eigh(inside.T @ inside / len(x))
    turn = turn if span is None else span @ turn
    return turn.to(x.dtype), spread.clamp(min=0).to(x.dtype)


def _multinomial(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy and its derivative by the logits."""
    log_share = logits.log_softmax(1)
    n = len(logits)
    return -(log_share * target).sum() / n, (log_share.exp() - target) / n


def _one_vs_rest(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    n = len(logits)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="sum") / n
    return loss, (logits.sigmoid() - target) / n
