"""How much two engines' responses of the same rooms differ, in what is measured in rooms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from data_sim.measures import clarity, direct_to_reverberant, reverberation_time, without_rumble
from data_sim.room import SPEED_OF_SOUND
from data_sim.scene import Scene

OVERSAMPLED = 16
"""Steps of a sample in which the peak of a correlation is looked for."""
BANDS_HZ = (250.0, 500.0, 1000.0, 1700.0, 3000.0)
SEGMENT = 512
TAIL = (0.3, 0.95)
"""Of the RT60: where the late tail begins and ends."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One room's responses.

    Attributes:
        t20, c50, drr: means over microphones, above 80 Hz.
        lags: (pair,) samples at which the correlation of two responses is largest.
        kurtosis: of the late tail, divided by its envelope; 3 is Gaussian. NaN where the tail is too short.
        coherence: (band,) magnitude squared, of neighbouring microphones in the late tail; NaN as above.
    """

    t20: float
    c50: float
    drr: float
    lags: Tensor
    kurtosis: float
    coherence: Tensor


def measured(scene: Scene, response: Tensor, rate: int) -> Measured:
    """What (mic, sample) responses say of their room."""
    clean = without_rumble(response, rate)
    arrival = (scene.distances[0] / SPEED_OF_SOUND).float()
    rt60 = scene.room.sabine_rt60
    tail = clean[:, int(TAIL[0] * rt60 * rate) : int(TAIL[1] * rt60 * rate)].double()
    enough = tail.shape[1] >= 4 * SEGMENT
    return Measured(
        t20=float(reverberation_time(clean, rate).nanmean()),
        c50=float(clarity(clean, rate, arrival).mean()),
        drr=float(direct_to_reverberant(clean, rate, arrival).mean()),
        lags=_lags(response.double(), scene, rate),
        kurtosis=_kurtosis(tail, rt60 * rate) if enough else math.nan,
        coherence=_coherence(tail, rate) if enough else torch.full((len(BANDS_HZ),), math.nan),
    )


def error_db(found: Tensor, expected: Tensor) -> float:
    """Energy of the difference over that of what is expected, dB; of the worst microphone."""
    return float((10 * torch.log10((found - expected).square().sum(-1) / expected.square().sum(-1))).max())


def _lags(response: Tensor, scene: Scene, rate: int) -> Tensor:
    """GCC-PHAT of the whole responses, looked at as far as the array reaches."""
    size = 1 << (2 * response.shape[1] - 1).bit_length()
    spectra = torch.fft.rfft(response, size)
    unit = spectra / spectra.abs().clamp(min=1e-12)
    reach = math.ceil(2 * scene.microphones.reach / SPEED_OF_SOUND * rate) + 2
    found = []
    for i, j in combinations(range(len(response)), 2):
        wave = torch.fft.irfft(unit[i] * unit[j].conj(), size * OVERSAMPLED)
        near = torch.cat([wave[-reach * OVERSAMPLED :], wave[: reach * OVERSAMPLED]])
        found.append(float(near.argmax()) / OVERSAMPLED - reach)
    return torch.tensor(found)


def _kurtosis(tail: Tensor, rt60_samples: float) -> float:
    """Of all microphones together; the fall of 60 dB in the RT60 is taken out, what is left of it by 20 ms means."""
    level = tail * 10 ** (3 * torch.arange(tail.shape[1], dtype=torch.float64) / rt60_samples)
    width = 321
    mean = torch.nn.functional.avg_pool1d(level.square()[:, None], width, 1, width // 2, count_include_pad=False)[:, 0]
    flat = level / mean.sqrt()
    return float(flat.pow(4).mean() / flat.square().mean().square())


def _coherence(tail: Tensor, rate: int) -> Tensor:
    framed = torch.fft.rfft(tail.unfold(-1, SEGMENT, SEGMENT // 2) * torch.hann_window(SEGMENT, dtype=torch.float64))
    power = framed.abs().square().mean(1)
    following = framed.roll(-1, 0)
    cross = (framed * following.conj()).mean(1).abs().square()
    curve = (cross / (power * power.roll(-1, 0))).mean(0)
    hz = torch.arange(SEGMENT // 2 + 1) * rate / SEGMENT
    return torch.stack([curve[(hz - band).abs() <= 100].mean() for band in BANDS_HZ])


def mean_coherence(rooms: Sequence[Measured]) -> Tensor:
    """(band,) mean over the rooms with a tail long enough."""
    return torch.stack([room.coherence for room in rooms]).nanmean(0)
