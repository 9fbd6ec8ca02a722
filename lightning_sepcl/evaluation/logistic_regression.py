"""Penalised logistic regression, multinomial or one-vs-rest, to its optimum by full-batch L-BFGS."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


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
        tolerance: largest entry of the gradient to stop at.
        max_steps: to stop at in any case.

    Source: Liu & Nocedal 1989 (L-BFGS), strong Wolfe line search.
    """
    classes, dim = target.shape[1], x.shape[1]
    target = target.to(x.dtype)
    flat = x.new_zeros(classes, dim + 1) if start is None else torch.cat([start.weight, start.bias[:, None]], 1)
    flat = flat.clone().requires_grad_()  # the optimiser looks for `.grad`; no graph is built
    solver = torch.optim.LBFGS(
        [flat],
        max_iter=max_steps,
        tolerance_grad=tolerance,
        tolerance_change=tolerance**2,
        line_search_fn="strong_wolfe",
    )
    decay = torch.full((dim + 1,), penalty, dtype=x.dtype, device=x.device)
    decay[-1] = 0

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def objective() -> Tensor:
        logits = torch.addmm(flat[:, -1], x, flat[:, :-1].T)
        loss, error = _one_vs_rest(logits, target) if multi_label else _multinomial(logits, target)
        flat.grad = torch.cat([error.T @ x, error.sum(0)[:, None]], 1) + decay * flat
        return loss + (decay * flat.square()).sum() / 2

    solver.step(objective)  # type: ignore[no-untyped-call]
    solution = flat.detach()
    return LinearClassifier(solution[:, :-1].contiguous(), solution[:, -1].contiguous())


def _multinomial(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy and its derivative by the logits."""
    log_share = logits.log_softmax(1)
    n = len(logits)
    return -(log_share * target).sum() / n, (log_share.exp() - target) / n


def _one_vs_rest(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    n = len(logits)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="sum") / n
    return loss, (logits.sigmoid() - target) / n
