"""What a room does to sound, measured in its impulse responses: reverberation time, direct sound, clarity."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.errors import UserError

DIRECT_SECONDS = 0.0025
"""Half the width of what counts as direct sound."""

EARLY_SECONDS = 0.05
"""What helps to understand speech ends there. Source: ISO 3382-1, C50."""

RUMBLE_HZ = 80.0
"""Below it walls that reflect positively pile up pressure that no loudspeaker would make."""


def decay_curve(response: Float[Tensor, "*rows sample"]) -> Float[Tensor, "*rows sample"]:
    """The energy that is still to come, dB relative to all of it; minus infinity behind the last sound.

    Source: Schroeder 1965, "New method of measuring reverberation time".

    >>> decay_curve(torch.tensor([3.0, 0.0, 1.0]))
    tensor([  0., -10., -10.])
    """
    left: Tensor = response.double().square().flip(-1).cumsum(-1).flip(-1)
    return (10 * torch.log10(left / left[..., :1])).to(response.dtype)


def reverberation_time(
    response: Float[Tensor, "*rows sample"], sample_rate: int, span_db: float = 20.0
) -> Float[Tensor, "*rows"]:
    """RT60 in seconds: the time to fall by 60 dB, extrapolated from the fall from -5 dB by `span_db`.

    A straight line through the decay curve, least squares. NaN where the response does not fall so far.

    Args:
        response: from time 0 on.
        sample_rate: Hz.
        span_db: 20 gives what is called T20, 30 gives T30.

    Source: ISO 3382-1.

    >>> fall = 10 ** (-3 * torch.arange(16000) / 8000)          # 60 dB in 8000 samples
    >>> round(reverberation_time(fall, 16000).item(), 3)
    0.5
    """
    if not 0 < span_db < math.inf:
        raise UserError(f"a span of {span_db:g} dB: give one above 0, such as 20 or 30")
    curves = decay_curve(response.double())
    rows = [_fitted(curve, span_db) / sample_rate for curve in curves.reshape(-1, curves.shape[-1])]
    return torch.tensor(rows, dtype=response.dtype).reshape(response.shape[:-1])


def _fitted(curve: Float[Tensor, " sample"], span_db: float) -> float:
    """Samples for 60 dB."""
    if not float(curve.nan_to_num(nan=0.0).min()) <= -5 - span_db:
        return math.nan
    first, last = int((curve <= -5).nonzero()[0]), int((curve <= -5 - span_db).nonzero()[0])
    if last - first < 1:
        return math.nan
    level = curve[first : last + 1]
    level = level[level.isfinite()]
    if len(level) < 2:
        return math.nan
    time = torch.arange(len(level), dtype=torch.float64)
    time -= time.mean()
    slope = float((time * level).sum() / time.square().sum())
    return -60 / slope if slope < 0 else math.nan


def direct_to_reverberant(
    response: Float[Tensor, "*rows sample"], sample_rate: int, arrival_seconds: Float[Tensor, "*rows"] | None = None
) -> Float[Tensor, "*rows"]:
    """DRR in dB: energy within 2.5 ms of the direct sound over what comes later; infinite without reverberation.

    Args:
        response: from time 0 on.
        sample_rate: Hz.
        arrival_seconds: of the direct sound; None: where the response is largest.
    """
    return _ratio(response, sample_rate, arrival_seconds, DIRECT_SECONDS)


def clarity(
    response: Float[Tensor, "*rows sample"], sample_rate: int, arrival_seconds: Float[Tensor, "*rows"] | None = None
) -> Float[Tensor, "*rows"]:
    """C50 in dB: energy up to 50 ms behind the direct sound over what comes later; infinite if nothing does.

    Arguments as for `direct_to_reverberant`.
    """
    return _ratio(response, sample_rate, arrival_seconds, EARLY_SECONDS)


def _ratio(response: Tensor, sample_rate: int, arrival_seconds: Tensor | None, behind: float) -> Tensor:
    arrival = response.abs().argmax(dim=-1) if arrival_seconds is None else arrival_seconds * sample_rate
    border = torch.round(arrival.double() + behind * sample_rate)[..., None]
    energy = response.double().square()
    late = torch.arange(response.shape[-1]) > border
    return (10 * torch.log10((energy * ~late).sum(-1) / (energy * late).sum(-1))).to(response.dtype)


def without_rumble(
    response: Float[Tensor, "*rows sample"], sample_rate: int, corner_hz: float = RUMBLE_HZ
) -> Float[Tensor, "*rows sample"]:
    """The response without what lies below `corner_hz`: a second-order Butterworth high-pass run both ways."""
    samples = response.shape[-1]
    size = 1 << (2 * samples - 1).bit_length()
    frequency = torch.fft.rfftfreq(size, 1 / sample_rate, dtype=torch.float64)
    gain = frequency**4 / (frequency**4 + corner_hz**4)
    high: Tensor = torch.fft.irfft(torch.fft.rfft(response.double(), size) * gain, size)[..., :samples]
    return high.to(response.dtype)


def octave(
    response: Float[Tensor, "*rows sample"], sample_rate: int, centre_hz: float
) -> Float[Tensor, "*rows sample"]:
    """What one octave holds of the response: a Butterworth band-pass of third order, run both ways.

    Its edges, where it lets half the pressure through, lie half an octave beside the centre.

    Raises:
        UserError: an octave that begins above half the sample rate.
    """
    if centre_hz / math.sqrt(2) >= sample_rate / 2:
        raise UserError(f"the octave at {centre_hz:g} Hz lies above half the sample rate of {sample_rate} Hz")
    samples = response.shape[-1]
    size = 1 << (2 * samples - 1).bit_length()
    frequency = torch.fft.rfftfreq(size, 1 / sample_rate, dtype=torch.float64).clamp(min=1e-9)
    width = centre_hz * (math.sqrt(2) - math.sqrt(0.5))
    away = (frequency.square() - centre_hz**2) / (frequency * width)
    band: Tensor = torch.fft.irfft(torch.fft.rfft(response.double(), size) / (1 + away**6), size)[..., :samples]
    return band.to(response.dtype)
