"""Impulses between samples: a bank of short filters that turns delays with fractions into waveforms.

A delay of n + f samples would need its own windowed sinc. Each tap of that sinc is a smooth function of f, hence
nearly a polynomial: sinc(t - f) = sum over p of c_p(t) f^p. So amplitude * f^p of all impulses is first added up on the
grid of samples, for each power p, and then a filter for each power does the rest at once, however many impulses there
are.

Source: Farrow 1988, "A continuously variable digital delay element".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

TAPS = 81  # pyroomacoustics' length too, so that responses can be compared
HALF = TAPS // 2


def sinc_polynomials(phases: int, degree: int) -> Float[Tensor, "phase power tap"]:
    """Hann-windowed sincs of 81 taps as polynomials in `phases` times the rest of the delay, which is at most a half.

    Least squares over Chebyshev nodes, which spreads the error evenly. Largest error of a tap: 2.3e-2 for one phase and
    degree 2, 4.6e-4 for one and 4, 5.8e-4 for four and 2.
    """
    nodes = torch.cos(math.pi * (torch.arange(64, dtype=torch.float64) + 0.5) / 64) / 2
    offset = torch.arange(phases, dtype=torch.float64)[:, None, None] / phases
    time = torch.arange(-HALF, HALF + 1, dtype=torch.float64) - offset - nodes[:, None] / phases
    powers = nodes[:, None] ** torch.arange(degree + 1, dtype=torch.float64)
    fit: Tensor = torch.linalg.lstsq(powers.expand(phases, -1, -1), windowed_sinc(time)).solution
    return fit


def windowed_sinc(time: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """The impulse of an ideal low-pass under a Hann window of 81 samples; `time` in samples."""
    window = torch.where(time.abs() <= TAPS / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * time / TAPS), 0.0)
    return window * torch.sinc(time)


class DelayFilters:
    """Collects impulses in rows, then filters the rows.

    Args:
        phases: filters between two samples.
        degree: of the polynomials between two phases.
        device: where it is computed.
    """

    def __init__(self, phases: int, degree: int, device: torch.device) -> None:
        self.phases, self.degree = phases, degree
        self.filters = sinc_polynomials(phases, degree).float().to(device)
        self.spectra: dict[int, Tensor] = {}

    def canvas(self, rows: int, length: int) -> Float[Tensor, "power bin"]:
        """Room for the impulses of `rows` responses; each row ends with a bin for what comes too late."""
        return torch.zeros(self.degree + 1, rows * (length + 1) * self.phases, device=self.filters.device)

    def row_starts(self, rows: Tensor, length: int) -> Tensor:
        """The first bin of each row."""
        return rows * ((length + 1) * self.phases)

    def add(
        self, canvases: Sequence[Tensor], length: int, row_start: Tensor, delay: Tensor, amplitudes: Sequence[Tensor]
    ) -> None:
        """Puts impulses on canvases, on each with amplitudes of its own; `delay` (in samples) and they are used up.

        `row_start` must broadcast to the shape of `delay`.
        """
        if self.phases > 1:
            delay *= self.phases
        nearest = torch.round(delay)
        rest = delay.sub_(nearest)
        bins = nearest.clamp_(max=length * self.phases).to(torch.int64).add_(row_start).view(-1)
        for canvas, amplitude in zip(canvases, amplitudes, strict=True):
            for power in range(self.degree + 1):
                canvas[power].index_add_(0, bins, amplitude.view(-1))
                if power < self.degree:
                    amplitude.mul_(rest)

    def waveforms(self, canvas: Tensor, rows: int, length: int, samples: int) -> Float[Tensor, "rows samples"]:
        """The rows from time 0 on."""
        size = fft_size(length + TAPS - 1)
        if size not in self.spectra:
            self.spectra = {size: torch.fft.rfft(self.filters, size)}
        grid = canvas.view(self.degree + 1, rows, length + 1, self.phases)[:, :, :length]
        total: Tensor | None = None
        for power in range(self.degree + 1):
            for phase in range(self.phases):
                part = torch.fft.rfft(grid[power, ..., phase], size).mul_(self.spectra[size][phase, power])
                total = part if total is None else total.add_(part)
        assert total is not None
        waves: Tensor = torch.fft.irfft(total, size)[:, HALF : HALF + samples]
        return waves


def fft_size(least: int) -> int:
    """The next number that is quick to transform: 2, 6, 10, 18 or 30 times a power of two.

    >>> fft_size(1000), fft_size(1025)
    (1024, 1152)
    """
    return min(k << s for k in (2, 6, 10, 18, 30) for s in range(28) if k << s >= least)
