"""How the learning rate moves over a run, step by step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


class Schedule(ABC):
    """Base class of the schedules: a plain object that is given the optimiser once the length of the run is known."""

    @abstractmethod
    def factor(self, step: int, total_steps: int) -> float:
        """What the optimiser's own learning rate is multiplied by at `step`, which counts from 0."""

    def __call__(self, optimizer: Optimizer, total_steps: int) -> LambdaLR:
        """A scheduler to be moved after every optimiser step.

        Raises:
            ValueError: fewer than one step.
        """
        if total_steps < 1:
            raise ValueError(f"a schedule needs at least one step, found {total_steps}: train longer")
        return LambdaLR(optimizer, lambda step: self.factor(step, total_steps))


class Constant(Schedule):
    """The optimiser's learning rate from the first step to the last."""

    def factor(self, step: int, total_steps: int) -> float:
        """Always 1."""
        return 1.0


class WarmupCosine(Schedule):
    """A linear rise from almost nothing to the full rate, then half a cosine down.

    Args:
        warmup: share of the run that rises, from 0 to below 1.
        final: share of the full rate at the end of the run, from 0 to 1.

    Source: Loshchilov & Hutter 2017, eq. 5, without restarts; the rise is Goyal et al. 2017's. Differs: neither the
        first step nor the last has a rate of 0, since such a step would teach nothing.
    """

    def __init__(self, warmup: float = 0.05, final: float = 0.0) -> None:
        if not (0 <= warmup < 1 and 0 <= final <= 1):
            raise ValueError(f"WarmupCosine: `warmup` {warmup} must lie in [0, 1), `final` {final} in [0, 1]")
        self.warmup, self.final = warmup, final

    def factor(self, step: int, total_steps: int) -> float:
        """(step + 1) / (rise + 1) before step `rise`, 1 at it; the step after the last would have `final`."""
        rise = round(self.warmup * total_steps)
        if step < rise:
            return (step + 1) / (rise + 1)
        progress = min(1.0, (step - rise) / max(1, total_steps - rise))
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))
