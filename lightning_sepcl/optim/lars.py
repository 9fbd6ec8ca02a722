"""LARS: momentum SGD in which every weight matrix moves in proportion to its own size, for large batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class LARS(Optimizer):
    """Layer-wise adaptive rates for the parameter groups that have weight decay, momentum SGD for the others.

    For a parameter w with gradient g in a group with weight decay b > 0:
    direction = eta · |w| / (|g| + b|w| + eps) · (g + b w). Where b, w or g is zero: direction = g. Then
    velocity = momentum · velocity + direction and w moves by −lr · velocity. Biases and norms are left out by giving
    their group a decay of 0, as `parameter_groups` does.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        momentum: of the velocity, from 0 to below 1.
        weight_decay: b above; 0 in all groups means plain momentum SGD, and a warning.
        trust_coefficient: eta above.
        nesterov: look ahead: move by direction + momentum · velocity.
        eps: keeps the quotient finite.

    Source: You et al. 2017, eq. 6. Differs, as Lightning Bolts does: lr outside the velocity, so that a schedule acts
        at once; and groups without weight decay are not adapted.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        trust_coefficient: float = 0.001,
        nesterov: bool = False,
        eps: float = 1e-8,
    ) -> None:
        if min(lr, weight_decay, trust_coefficient, eps) < 0 or not 0 <= momentum < 1:
            raise ValueError("LARS: momentum must lie in [0, 1), lr, decay, trust coefficient and eps not below 0")
        if nesterov and momentum == 0:
            raise ValueError("LARS: `nesterov` needs a `momentum` above 0")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "nesterov": nesterov,
            "eps": eps,
        }
        super().__init__(params, defaults)
        if all(group["weight_decay"] == 0 for group in self.param_groups):
            warnings.warn("LARS without weight decay is momentum SGD: set `weight_decay`, such as 1e-4", stacklevel=2)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all parameters that have a gradient; returns what `closure` returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w.sub_(self._movement(w, w.grad, group) * group["lr"])
        return loss

    def _movement(self, w: Tensor, g: Tensor, group: dict[str, Any]) -> Tensor:
        direction = g if group["weight_decay"] == 0 else adapted(w, g, group)
        if group["momentum"] == 0:
            return direction
        state = self.state[w]
        if "velocity" not in state:
            state["velocity"] = direction.clone()
        else:
            state["velocity"].mul_(group["momentum"]).add_(direction)
        velocity: Tensor = state["velocity"]
        return direction + group["momentum"] * velocity if group["nesterov"] else velocity


def adapted(w: Tensor, g: Tensor, group: dict[str, Any]) -> Tensor:
    """The gradient with its decay, in proportion to the length of `w`; the gradient alone where either is zero."""
    w_norm, g_norm, decay = w.norm(), g.norm(), group["weight_decay"]
    rate = group["trust_coefficient"] * w_norm / (g_norm + decay * w_norm + group["eps"])
    # no `if`: the value of a norm on a GPU would have to be waited for
    return torch.where((w_norm > 0) & (g_norm > 0), rate * (g + decay * w), g)
