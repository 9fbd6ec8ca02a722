"""How closely an exported model agrees with what it was exported from, on waves that anybody can make again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError

TOLERANCE = 1e-4
"""Largest difference that is let through, relative to the largest value of the reference. Rounding gives about 1e-6,
a window that is a sample too long 1e-2."""
SEED = 0
SHARES = (0.3, 1.0, 1.31, 2.7)
"""Lengths of the waves, in multiples of what a model was trained on; the first is padded."""
BATCHES = (1, 3)
LEAST_SECONDS = 0.5
"""What the lengths are multiples of, for models that take any wave."""

Outputs = Callable[[Tensor], Sequence[Tensor]]
"""Waves (batch, sample), of several microphones (batch, mic, sample) -> outputs, in an order that stays the same."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison.

    Attributes:
        signal: `noise` or `tones`.
        batch: waves.
        samples: of each.
        output: what was compared.
        absolute: largest difference of any value.
        relative: the same over the largest absolute value of the reference.
    """

    signal: str
    batch: int
    samples: int
    output: str
    absolute: float
    relative: float


@torch.no_grad()
def agreement(reference: Outputs, exported: Outputs, names: Sequence[str], model: WaveModel) -> list[Case]:
    """Every output of both for noise and tones, several lengths and batch sizes.

    Args:
        reference: the checkpoint.
        exported: what was made of it.
        names: of the outputs.
        model: what was exported; says for which waves it is made.

    Raises:
        UserError: outputs of another number or shape, or values that are not finite.
    """
    base = max(model.least_samples, round(LEAST_SECONDS * model.sample_rate))
    cases = []
    for share, batch, (signal, make) in product(SHARES, BATCHES, (("noise", noise), ("tones", tones))):
        samples, rows = round(share * base), batch * model.microphones
        wave = make(rows, samples, model.sample_rate)
        wave = wave if model.microphones == 1 else wave.reshape(batch, model.microphones, samples)
        for name, ours, theirs in zip(names, reference(wave), exported(wave), strict=True):
            cases.append(Case(signal, batch, samples, name, *_differences(ours, theirs, name)))
    return cases


def worst(cases: Sequence[Case]) -> Case:
    """The case with the largest relative difference."""
    return max(cases, key=lambda case: case.relative)


def refuse_disagreement(cases: Sequence[Case], target: str) -> None:
    """Tell an export that computes something else.

    Raises:
        UserError: a difference is above the tolerance.
    """
    case = worst(cases)
    if not case.relative <= TOLERANCE:
        raise UserError(
            f"{target} was not kept: its {case.output} differs from the checkpoint's by {case.relative:.1e} of the "
            f"largest value, more than {TOLERANCE:g} ({case.signal}, {case.batch} wave(s) of {case.samples} samples)"
        )


def table(cases: Mapping[str, Sequence[Case]]) -> list[tuple[str, ...]]:
    """Head and rows for people: of each length, batch size and output the worse signal, in a column per target."""
    rows = [("samples", "waves", "output", *cases)]
    every = [(c.samples, c.batch, c.output) for own in cases.values() for c in own]
    for key in dict.fromkeys(every):
        found = (worst([c for c in own if (c.samples, c.batch, c.output) == key]) for own in cases.values())
        rows.append((*map(str, key), *(f"{figure(c.absolute)} ({figure(c.relative)})" for c in found)))
    return rows


def noise(batch: int, samples: int, sample_rate: int) -> Float[Tensor, "{batch} {samples}"]:
    """White noise of deviation 0.1, seeded."""
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(SEED))


def tones(batch: int, samples: int, sample_rate: int) -> Float[Tensor, "{batch} {samples}"]:
    """Three tones a wave, of seeded frequencies between 100 Hz and 0.45 of the sample rate."""
    drawn = torch.rand(batch, 3, 1, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)
    hz = 100 * (0.0045 * sample_rate) ** drawn
    time = torch.arange(samples, dtype=torch.float64) / sample_rate
    return (0.1 * torch.sin(2 * math.pi * hz * time)).sum(1).float()


def figure(value: float) -> str:
    """A difference in two digits; 0 where there is none."""
    return f"{value:.1e}" if value else "0"


def _differences(ours: Tensor, theirs: Tensor, name: str) -> tuple[float, float]:
    ours, theirs = ours.detach().cpu().double(), theirs.detach().cpu().double()
    if ours.shape != theirs.shape:
        raise UserError(
            f"the exported {name} has the shape {tuple(theirs.shape)}, the checkpoint's {tuple(ours.shape)}"
        )
    absolute, largest = float((ours - theirs).abs().max()), float(ours.abs().max())
    if not math.isfinite(absolute):
        raise UserError(f"the {name} of a checkpoint or of its export is not finite: was the training healthy?")
    return absolute, absolute / largest if largest else (0.0 if absolute == 0 else math.inf)
