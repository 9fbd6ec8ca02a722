"""The exponential moving average of a model's weights, which often evaluates better than the weights themselves."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightEMA:
    """A slow copy of a model: `update` after every step, `apply` before and `restore` after an evaluation.

    The first update copies, each later one moves the copy by 1 − `decay` of the way. Parameters and buffers of
    floating point (running statistics of norms) are averaged, counters are taken as they are.

    Args:
        decay: from 0 (no memory) to below 1; its memory is about 1 / (1 − decay) updates.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"WeightEMA: `decay` is {decay}, it must lie in [0, 1)")
        self.decay = decay
        self._average: dict[str, Tensor] = {}
        self._set_aside: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's weights.

        Raises:
            RuntimeError: the model holds the average itself, between `apply` and `restore`.
        """
        self._refuse_if_applied("update")
        for name, value in _values(model).items():
            if name in self._average and value.is_floating_point():
                average = self._average[name].to(value.device)  # a loaded one may lie elsewhere
                self._average[name] = average.lerp_(value, 1 - self.decay)
            else:
                self._average[name] = value.clone()

    @torch.no_grad()
    def apply(self, model: nn.Module) -> None:
        """Give the model the average; its own weights are set aside for `restore`.

        Raises:
            RuntimeError: nothing was averaged yet, or it is applied already.
        """
        self._refuse_if_applied("apply")
        if not self._average:
            raise RuntimeError("WeightEMA: there is no average yet, call `update` after a training step first")
        for name, value in _values(model).items():
            self._set_aside[name] = value.clone()
            value.copy_(self._average[name])

    @torch.no_grad()
    def restore(self, model: nn.Module) -> None:
        """Give the model back its own weights.

        Raises:
            RuntimeError: `apply` did not come before.
        """
        if not self._set_aside:
            raise RuntimeError("WeightEMA: nothing to restore, `apply` did not come before")
        for name, value in _values(model).items():
            value.copy_(self._set_aside[name])
        self._set_aside = {}

    def state_dict(self) -> dict[str, Tensor]:
        """The average by name; empty before the first update."""
        return {name: value.clone() for name, value in self._average.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved average."""
        self._average = {name: value.clone() for name, value in state.items()}

    def _refuse_if_applied(self, what: str) -> None:
        if self._set_aside:
            raise RuntimeError(f"WeightEMA: cannot {what} while the average is applied, call `restore` first")


def _values(model: nn.Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
