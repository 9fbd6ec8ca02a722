"""A plugin of your own: experiments name it like those of the suite, as my_experiment.yaml does."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params


class Tremolo(Augmentation):
    """The loudness of each example swells and fades a few times a second.

    Args:
        slowest_hz: lowest rate.
        fastest_hz: highest rate.
        depth: how much of the amplitude is gone at the quietest moment, 0 to 1.
    """

    domain = "wave"

    def __init__(self, slowest_hz: float = 2.0, fastest_hz: float = 8.0, depth: float = 0.5) -> None:
        self.slowest_hz, self.fastest_hz, self.depth = slowest_hz, fastest_hz, depth

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`rate_hz` and `phase` (n,), the phase as a share of a turn."""
        share, phase = torch.rand(2, shape[0], generator=generator)
        return {"rate_hz": self.slowest_hz + share * (self.fastest_hz - self.slowest_hz), "phase": phase}

    def apply(self, x: Tensor, params: Params) -> Tensor:
        """A gain per example and moment; all microphones alike."""
        seconds = torch.arange(x.shape[-1], device=x.device) / self.sample_rate
        turns = params["rate_hz"][:, None] * seconds + params["phase"][:, None]
        gain = 1 - self.depth * (1 + torch.cos(2 * math.pi * turns)) / 2
        return x * gain[:, None, :].to(x.dtype)
