"""The phase vocoder's stretch of a whole batch in one pass, for devices on which many small steps are slow.

On a processor the loop over examples is faster: it computes no frame that an example does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Complex, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.audio.spectral_steps import growth, unit
from lightning_sepcl.audio.stft import EDGE, LEAST_COVER, OVERLAP, hann, stft


@dataclass(frozen=True, slots=True)
class _Walks:
    """How the examples step through their frames; shorter walks are filled up with steps that are not there.

    Attributes:
        frame: input frame at or before each step.
        part: how far the step is on the way to the next input frame, 0 to 1.
        there: whether the example has that step.
        turned: whether a step, from the second on, does not come to the frame behind that of the step before.
        samples: of each example's output.
    """

    frame: Int[Tensor, "n step"]
    part: Float[Tensor, "n step"]
    there: Bool[Tensor, "n step"]
    turned: Bool[Tensor, "n later"]
    samples: Int[Tensor, " n"]


def stretched_together(
    wave: Float[Tensor, "n mic sample"], rates: Sequence[float], hop: int
) -> Float[Tensor, "n mic sample"]:
    """Each example at its rate, as by `phase_vocoder.stretch`, whose results it gives to rounding.

    Args:
        wave: of float32 or float64.
        rates: one of each example, above 0.
        hop: a quarter of the window, in samples.
    """
    mics, samples = wave.shape[1:]
    walks, needed = _walks(samples, np.asarray(rates, np.float64), hop, wave)
    padded = F.pad(wave.flatten(0, 1), (0, max(0, needed * hop - samples)))
    stepped = _stepped(stft(padded, hop)[:, : needed + 1], walks, mics)
    framed = torch.fft.irfft(stepped, n=OVERLAP * hop, norm="forward") / (OVERLAP * hop)
    out = _overlap_added(framed, walks.there, samples)
    inside = torch.arange(samples, device=wave.device) < walks.samples[:, None, None]
    return torch.where(inside, out, out.new_zeros(()))


def _walks(samples: int, rates: NDArray[np.float64], hop: int, like: Tensor) -> tuple[_Walks, int]:
    """The steps of all examples, and the number of input frames up to the one behind the last that is used."""
    lengths = np.clip(np.rint(samples / rates), 1, samples).astype(np.int64)
    counts = np.minimum(lengths // hop + 2, np.ceil((samples // hop + 1) / rates)).astype(np.int64)
    number = np.arange(counts.max())
    there, place = number < counts[:, None], number * rates[:, None]
    frame = np.where(there, place, 0.0).astype(np.int64)
    part = np.where(there, place - frame, 0.0)
    turned = there[:, 1:] & (frame[:, 1:] != frame[:, :-1] + 1)
    frame_, there_, turned_, lengths_ = (torch.from_numpy(a).to(like.device) for a in (frame, there, turned, lengths))
    part_ = torch.from_numpy(part).to(like.dtype).to(like.device)
    return _Walks(frame_, part_, there_, turned_, lengths_), int(frame.max()) + 1


def _stepped(x: Complex[Tensor, "row frame freq"], walks: _Walks, mics: int) -> Complex[Tensor, "n mic step freq"]:
    """Spectra of the output's frames, 0 where there is no step."""
    first = torch.arange(0, x.shape[0] * x.shape[1], x.shape[1], device=x.device)[:, None]

    def picked(values: Tensor, frame: Tensor) -> Tensor:
        rows = first + frame.repeat_interleave(mics, 0)
        return values.flatten(0, 1).index_select(0, rows.flatten()).view(*rows.shape, values.shape[2])

    louder = growth(x)
    part = walks.part.repeat_interleave(mics, 0)[..., None]
    out = picked(x, walks.frame) * torch.lerp(louder.new_ones(()), picked(louder, walks.frame), part)
    cross = picked(x, walks.frame[:, :-1] + 1) * picked(x, walks.frame[:, 1:]).conj_physical()
    cross = cross.view(len(walks.turned), mics, *cross.shape[1:]).sum(1)
    turn = torch.where(walks.turned[..., None], unit(cross), 1.0)
    turns = torch.cat([turn.new_ones(len(turn), 1, turn.shape[2]), turn], 1).cumprod(1)
    return out.view(len(walks.there), mics, *out.shape[1:]) * (turns * walks.there[..., None])[:, None]


def _overlap_added(
    framed: Float[Tensor, "n mic step window"], there: Bool[Tensor, "n step"], samples: int
) -> Float[Tensor, "n mic {samples}"]:
    """As `stft.overlap_add`, with a number of frames for each example."""
    n, mics, count, window = framed.shape
    hop = window // OVERLAP
    quarters = framed.reshape(n, mics, count, OVERLAP, hop)
    synthesis = hann(window, framed.dtype, framed.device).view(OVERLAP, hop)
    out = framed.new_zeros(n, mics, count + EDGE, hop)
    cover = framed.new_zeros(n, 1, count + EDGE, hop)
    for quarter in range(OVERLAP):
        steps = slice(quarter, quarter + count)
        out[:, :, steps] += quarters[:, :, :, quarter] * synthesis[quarter]
        cover[:, 0, steps] += there[..., None] * synthesis[quarter].square()
    wave = (out / cover.clamp(min=LEAST_COVER)).flatten(2)[..., window // 2 : window // 2 + samples]
    return F.pad(wave, (0, samples - wave.shape[-1]))
