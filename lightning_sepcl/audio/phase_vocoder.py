"""Phase vocoder: a wave at another tempo or another pitch, whole batches with a rate per example.

Each output frame takes its magnitudes from between two input frames, and its phases go on from the frame before as
they did in the input. As long as the output steps through the input frame by frame, that is the input's own phase
turned by a constant; only where it repeats a frame or leaves one out must the constant be turned further. So phases are
never computed as angles: a few unit numbers are multiplied instead, and nothing has to be unwrapped.

Pitch is changed in the same pass: frames of the stretched wave are synthesised with an FFT of another length, which
resamples them, and are laid closer or wider apart by the same factor.

Examples are taken one after the other, which is the fastest way on a processor; elsewhere `stretch` takes them at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.audio.batched_stretch import stretched_together
from lightning_sepcl.audio.spectral_steps import growth, unit
from lightning_sepcl.audio.stft import OVERLAP, overlap_add, stft

WIDEST = 1.13
"""How far a hop may lie from the one asked for, as a factor. The pitch is then true to 4 cents (hops of 512
samples; a test holds it to that); a narrower choice meets it less well."""
PRIMES = (2, 3, 5, 7, 11, 13)
"""Lengths made of these transform quickly; others take up to four times longer."""
SHORTEST_HOP = 16
LARGEST_FACTOR = 8.0
"""Of a pitch: three octaves."""


def stretch(wave: Float[Tensor, "n mic sample"], rate: Float[Tensor, " n"], hop: int) -> Float[Tensor, "n mic sample"]:
    """Each example at `rate` times its tempo and at its own pitch, cut or filled with silence to its old length.

    An example becomes samples / rate long, and at least one sample. The microphones of an example are turned alike, so
    that the differences of phase between them stay.

    Args:
        wave: of float32 or float64.
        rate: above 0; 2 is twice as fast.
        hop: a quarter of the window, in samples.

    Source: Dolson 1986; frames, padding and interpolation as in librosa's `phase_vocoder`. Differs: one turn for all
        microphones, that of the sum of their cross-spectra.
    """
    if wave.device.type != "cpu":
        return stretched_together(wave, rate.tolist(), hop)
    samples = wave.shape[-1]
    out = torch.zeros_like(wave)
    for number, speed in enumerate(rate.tolist()):
        length = min(samples, max(1, round(samples / speed)))
        out[number, :, :length] = _vocoded(wave[number], speed, hop, hop, length)
    return out


def shift_pitch(
    wave: Float[Tensor, "n mic sample"], factor: Float[Tensor, " n"], hop: int
) -> Float[Tensor, "n mic sample"]:
    """Each example with all its frequencies times `factor`, at its own tempo.

    What rises above half the sample rate is lost; what falls leaves nothing above it.

    Args:
        wave: of float32 or float64.
        factor: within 1/8..8; met within 4 cents.
        hop: a quarter of the window, in samples; up to 13 % more or less is used, whatever gives the factor best.

    Raises:
        ValueError: a factor beyond three octaves.
    """
    samples = wave.shape[-1]
    out = torch.empty_like(wave)
    for number, times in enumerate(factor.tolist()):
        hop_in, hop_out = hops(times, hop)
        out[number] = _vocoded(wave[number], hop_out / hop_in, hop_in, hop_out, samples)
    return out


@lru_cache
def hop_samples(window_seconds: float, sample_rate: int) -> int:
    """A quarter of the window, of a length that transforms quickly.

    >>> hop_samples(0.128, 16000)
    512

    Raises:
        ValueError: the window is shorter than 64 samples.
    """
    hop = window_seconds * sample_rate / OVERLAP
    if not hop >= SHORTEST_HOP:
        raise ValueError(
            f"a phase vocoder needs windows of {SHORTEST_HOP * OVERLAP} samples at least; "
            f"{window_seconds:g} s at {sample_rate} Hz are {window_seconds * sample_rate:g}"
        )
    near = _quick(hop / 1.1, hop * 1.1)
    return int(near[np.argmin(np.abs(near - hop))])


def hops(factor: float, hop: int) -> tuple[int, int]:
    """Two hops whose ratio is next to `factor`, the first near `hop`, both of a length that transforms quickly.

    >>> hops(2.0, 512)
    (512, 256)

    Raises:
        ValueError: a factor beyond three octaves.
    """
    if not 1 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
        raise ValueError(f"a pitch can be changed by three octaves at most (a factor of 1/8..8), found {factor:g}")
    ratios, first, second = _hop_pairs(hop)
    wanted = np.log(factor)
    above = min(int(np.searchsorted(ratios, wanted)), len(ratios) - 1)
    below = max(above - 1, 0)
    best = above if ratios[above] - wanted < wanted - ratios[below] else below
    return int(first[best]), int(second[best])


@lru_cache(maxsize=16)
def _hop_pairs(hop: int) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any]]:
    """Logarithms of all ratios in rising order, each once, with the pair that is nearest to `hop`."""
    first = _quick(hop / WIDEST, hop * WIDEST)
    second = _quick(hop / WIDEST / LARGEST_FACTOR, hop * WIDEST * LARGEST_FACTOR)
    first = first[np.argsort(np.abs(np.log(first / hop)), kind="stable")]
    a, b = (side.ravel() for side in np.meshgrid(first, second, indexing="ij"))
    # Equal ratios of whole numbers are equal in float64 too, and `unique` keeps the one that comes first.
    ratios, kept = np.unique(a / b, return_index=True)
    return np.log(ratios), a[kept], b[kept]


def _quick(low: float, high: float) -> NDArray[Any]:
    numbers = np.arange(max(1, int(np.ceil(low))), int(high) + 1)
    rest = numbers.copy()
    for prime in PRIMES:
        while (divisible := rest % prime == 0).any():
            rest[divisible] //= prime
    quick: NDArray[Any] = numbers[rest == 1]
    return quick


@dataclass(frozen=True, slots=True)
class _Steps:
    """How the output's frames step through the input's.

    Attributes:
        frame: input frame at or before each output frame.
        part: how far each output frame is on the way to the next input frame, 0 to 1.
        turns: number of turns before each output frame.
        gone: per turn, the input frame that would have come next.
        come: per turn, the one that came instead.
    """

    frame: NDArray[np.int64]
    part: NDArray[np.float64]
    turns: NDArray[np.int64]
    gone: NDArray[np.int64]
    come: NDArray[np.int64]


def _steps(count: int, rate: float) -> _Steps:
    place = np.arange(count) * rate
    frame = place.astype(np.int64)
    next_one, actual = frame[:-1] + 1, frame[1:]
    turned = next_one != actual
    turns = np.concatenate([np.zeros(1, np.int64), np.cumsum(turned)])
    return _Steps(frame, place - frame, turns, next_one[turned], actual[turned])


def _vocoded(
    wave: Float[Tensor, "mic sample"], rate: float, hop_in: int, hop_out: int, samples: int
) -> Float[Tensor, "mic {samples}"]:
    """The wave, stretched to 1 / rate of its tempo's length, then resampled by hop_out / hop_in; `samples` of it."""
    last = wave.shape[-1] // hop_in
    count = min(samples // hop_out + 2, math.ceil((last + 1) / rate))
    steps = _steps(count, rate)
    # The frame behind the last one is looked at too; what of the wave lies beyond its end is not.
    needed = int(steps.frame[-1]) + 1
    reach = needed * hop_in + OVERLAP * hop_in // 2
    wave = F.pad(wave[:, :reach], (0, max(0, needed * hop_in - wave.shape[-1])))
    # Frequencies that the output cannot hold are not worth computing.
    spectra = stft(wave, hop_in)[:, : needed + 1, : 2 * min(hop_in, hop_out) + 1]
    framed = torch.fft.irfft(_stepped(spectra, steps), n=OVERLAP * hop_out, norm="forward")
    return overlap_add(framed, samples) / (OVERLAP * hop_in)


def _stepped(x: Complex[Tensor, "mic frame freq"], steps: _Steps) -> Complex[Tensor, "mic step freq"]:
    """Spectra of the output's frames: the input's, as loud as their place between two frames says, and turned."""

    def there(numbers: NDArray[Any]) -> Tensor:
        return torch.from_numpy(numbers).to(x.device)

    frame = there(steps.frame)
    part = there(steps.part).to(x.real.dtype)[:, None]
    louder = growth(x).index_select(1, frame)
    out = x.index_select(1, frame) * torch.lerp(louder.new_ones(()), louder, part)
    if len(steps.gone):
        turns = _turns(x.index_select(1, there(steps.gone)), x.index_select(1, there(steps.come)))
        out *= turns.index_select(0, there(steps.turns))
    return out


def _turns(gone: Complex[Tensor, "mic turn freq"], come: Complex[Tensor, "mic turn freq"]) -> Tensor:
    """(1 + turn, freq) unit numbers: all turns up to each. The difference of phase of each is that of the frame that
    would have come to the one that came; loud microphones have the most say."""
    cross = gone * come.conj_physical()
    turn = unit(cross[0] if len(cross) == 1 else cross.sum(0))
    return torch.cat([torch.ones_like(turn[:1]), turn]).cumprod(0)
