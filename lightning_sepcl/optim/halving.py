"""A learning rate that halves again and again, without steps: the published separators' schedule."""

from __future__ import annotations

from lightning_sepcl.optim.warmup_cosine import Schedule


class Halving(Schedule):
    """Half the rate after so many steps, a quarter after twice as many; exponential in between.

    Args:
        steps: optimiser steps from a rate to half of it; the length of the run does not matter.

    Source: the published training of MixIT (google-research/sound-separation), 2 million steps.
    """

    def __init__(self, steps: int = 2_000_000) -> None:
        if steps < 1:
            raise ValueError(f"Halving: `steps` must be at least 1, found {steps}")
        self.steps = steps

    def factor(self, step: int, total_steps: int) -> float:
        """0.5 ** (step / steps)"""
        return float(0.5 ** (step / self.steps))
