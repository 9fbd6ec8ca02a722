"""What the published code of CLAR trains with: gradients scaled as by LARS, and Adam, which undoes the scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class LARSAdam(torch.optim.Adam):
    """Adam on gradients that were scaled layer by layer before.

    For every parameter w with gradient g, both not zero: g becomes min(rate / lr, 1) · (g + b w) with
    rate = eta · |w| / (|g| + b|w| + eps). Adam divides by the size of the gradient, so little of this is left: take
    `LARS` unless the published code itself is to be compared.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        weight_decay: b above.
        trust_coefficient: eta above.
        eps: keeps the quotient finite; Adam has its own.

    Source: CLAR's code, which wraps Adam in Lightning Bolts 0.2.2's LARSWrapper and leaves its settings as they are.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        weight_decay: float = 1e-6,
        trust_coefficient: float = 0.02,
        eps: float = 1e-8,
    ) -> None:
        if min(lr, weight_decay, trust_coefficient, eps) < 0:
            raise ValueError("LARSAdam: lr, decay, trust coefficient and eps must not be below 0")
        super().__init__(params, lr, weight_decay=weight_decay)
        self.trust_coefficient, self.trust_eps = trust_coefficient, eps

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Scale the gradients in place, then move as Adam without decay; returns what `closure` returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        decays = [group["weight_decay"] for group in self.param_groups]
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w.grad.copy_(self._scaled(w, w.grad, group))
            group["weight_decay"] = 0.0  # it is in the gradient already
        super().step()
        for group, decay in zip(self.param_groups, decays, strict=True):
            group["weight_decay"] = decay
        return loss

    def _scaled(self, w: Tensor, g: Tensor, group: dict[str, Any]) -> Tensor:
        w_norm, g_norm, decay = w.norm(), g.norm(), group["weight_decay"]
        rate = self.trust_coefficient * w_norm / (g_norm + decay * w_norm + self.trust_eps)
        clipped = (rate / max(group["lr"], 1e-12)).clamp(max=1.0)
        return torch.where((w_norm > 0) & (g_norm > 0), clipped * (g + decay * w), g)
