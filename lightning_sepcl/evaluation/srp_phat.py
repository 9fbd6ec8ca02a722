"""SRP-PHAT: the direction in which the phases of all pairs of microphones agree best. Needs no training."""

from __future__ import annotations

import math

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor, nn

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.audio.gcc_phat import microphone_pairs, phases
from lightning_sepcl.evaluation.baselines import agreed_rate

SPEED_OF_SOUND = 343.0
ELEVATIONS_DEG = (0.0, 30.0, 60.0)
"""Up or down, which a flat array cannot tell apart: the delays shrink alike."""


class SRPPHAT(nn.Module):
    """Azimuth of the loudest far source for a horizontal, evenly spaced circle of omnidirectional microphones.

    The cross-spectra of all pairs, at magnitude 1, are averaged over the frames that lie within the clip, and steered
    to every whole degree and a few elevations.

    Args:
        microphones: on the circle, the first at azimuth 0, counter-clockwise.
        diameter_m: of the circle.
        window: samples of a frame; the hop is half of it.
        low_hz: frequencies below are left out: the phases of a small array hardly differ there.
        sample_rate: of the waves, Hz; null: that of the data, which `prepare` tells.

    Source: DiBiase 2000, chapter 6.
    """

    steering: Tensor
    hann: Tensor

    def __init__(
        self,
        microphones: int = 4,
        diameter_m: float = 0.1,
        window: int = 1024,
        low_hz: float = 200.0,
        sample_rate: int | None = None,
    ) -> None:
        super().__init__()
        if microphones < 3:
            raise ValueError(f"SRPPHAT: {microphones} microphones cannot tell an azimuth, 3 or more are needed")
        self.microphones, self.diameter_m, self.window, self.low_hz = microphones, diameter_m, window, low_hz
        self.sample_rate = sample_rate
        self.register_buffer("steering", torch.empty(0), persistent=False)
        self.register_buffer("hann", torch.hann_window(window), persistent=False)
        if sample_rate is not None:
            self._steer(sample_rate)

    def prepare(self, sample_rate: int) -> None:
        """Steer waves of this rate, in Hz.

        Raises:
            ValueError: it was made for another one.
        """
        self.sample_rate = agreed_rate(self, self.sample_rate, sample_rate)
        self._steer(sample_rate)

    def _steer(self, sample_rate: int) -> None:
        self.first_bin = math.ceil(self.low_hz * self.window / sample_rate)
        hz = torch.arange(self.first_bin, self.window // 2 + 1, dtype=torch.float64) * sample_rate / self.window
        self.steering = _steering(_delays(self.microphones, self.diameter_m), hz).to(self.hann.device)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def forward(self, wave: Float[Tensor, "n mic sample"], length: Int[Tensor, " n"]) -> Float[Tensor, "n 2"]:
        """(x, y) of length 1, pointing to the source.

        Raises:
            ValueError: another number of microphones, or nobody told the sample rate.
        """
        if self.sample_rate is None:
            raise ValueError("SRPPHAT: give it the `sample_rate` of the waves, or call `prepare` first")
        if wave.shape[1] != self.microphones:
            raise ValueError(f"SRPPHAT: `microphones` is {self.microphones}, the wave has {wave.shape[1]}")
        rows = [self._one(clip[:, : max(self.window, int(n))]) for clip, n in zip(wave, length, strict=True)]
        return torch.stack(rows)

    def _one(self, wave: Float[Tensor, "mic sample"]) -> Float[Tensor, " 2"]:
        wave = nn.functional.pad(wave, (0, max(0, self.window - wave.shape[1])))
        spectrum = torch.fft.rfft(frames(wave, self.window, self.window // 2) * self.hann)[..., self.first_bin :]
        unit = phases(spectrum, torch.view_as_real(spectrum).square().sum(-1))
        first, second = (list(side) for side in zip(*microphone_pairs(self.microphones), strict=True))
        cross = (unit[first] * unit[second].conj()).mean(1)  # (pair, freq)
        power = torch.einsum("pf,pfea->ea", cross, self.steering).real
        angle = torch.deg2rad(power.amax(0).argmax().to(power.dtype) - 180)
        return torch.stack([angle.cos(), angle.sin()])


def _delays(microphones: int, diameter_m: float) -> Float[Tensor, "pair elevation 360"]:
    """Seconds by which the first of a pair hears later, for azimuths -180 to 179."""
    at = torch.arange(microphones, dtype=torch.float64) * (2 * math.pi / microphones)
    places = torch.stack([at.cos(), at.sin()], 1) * (diameter_m / 2)
    azimuth = torch.deg2rad(torch.arange(-180, 180, dtype=torch.float64))
    flat = torch.stack([azimuth.cos(), azimuth.sin()])  # towards the source
    level = torch.tensor([math.cos(math.radians(e)) for e in ELEVATIONS_DEG], dtype=torch.float64)
    arrival = -(places @ flat) / SPEED_OF_SOUND
    pairs = torch.stack([arrival[i] - arrival[j] for i, j in microphone_pairs(microphones)])
    return pairs[:, None] * level[None, :, None]


def _steering(
    delays: Float[Tensor, "pair elevation azimuth"], hz: Float[Tensor, " freq"]
) -> Complex[Tensor, "pair freq elevation azimuth"]:
    """What brings the phases of a source there to zero."""
    turns = delays[:, None] * hz[None, :, None, None]
    return torch.polar(torch.ones_like(turns), 2 * math.pi * turns).to(torch.complex64)
