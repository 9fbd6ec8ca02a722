"""Three pictures of one sound, stacked as channels: magnitudes in dB, phases, and mel bands in dB."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.audio.slaney import slaney_filterbank
from lightning_sepcl.features.base import Feature

BINS = 128
LOW_HZ, HIGH_HZ = 40.0, 8000.0
PART_SAMPLES = {"paper": 1 << 17, "code": 1 << 14}
"""What a CPU computes at once, clip by clip at least; found by timing."""
BANDS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Decibels:
    """10 log10(max(power, floor)) - below, each power being raised by `raised` first.

    Attributes:
        raised: added to every power.
        floor: least power.
        below: dB taken off.
    """

    raised: float = 0.0
    floor: float = 1e-10
    below: float = 0.0

    def of(self, power: Tensor) -> Tensor:
        """In dB."""
        if self.raised:
            power = power + self.raised
        return power.clamp(min=self.floor).log10().mul(10).sub(self.below)


class ThreeChannel(Feature):
    """Magnitude in dB, phase in radians and mel bands in dB of one microphone: (n, 3, 128, frame).

    Frames are centred on whole hops of 8 ms; beyond its ends the wave is reflected (a wave shorter than half a frame is
    lengthened with silence first).

    Args:
        variant: `paper`: frames of 16 ms; magnitudes and phases of 128 frequencies equally spaced up to half the sample
            rate; dB of powers, -100 at least. `code`: frames of 128 ms; 128 frequencies equally spaced in octaves from
            40 Hz on; magnitudes 20 dB and mel bands 10 dB lower, as the published code has it.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.1 and eq. 2. Left open there and taken from its code: the
        channels' order, the bands' edges (40 to 8000 Hz) and scale, centred frames. Differs in `paper`: the FFT is
        twice as long as the frame, because 13 of 128 mel bands would hold no bin otherwise.
    """

    channels = 3
    bins = BINS
    hann: Tensor
    mel: Tensor
    cosines: Tensor
    sines: Tensor
    turn: Tensor

    def __init__(self, variant: Literal["paper", "code"] = "paper") -> None:
        super().__init__()
        self.variant = variant
        # Not part of a checkpoint: they follow from the settings.
        for name in ("hann", "mel", "cosines", "sines", "turn"):
            self.register_buffer(name, torch.empty(0), persistent=False)

    def prepare(self, sample_rate: int) -> None:
        """Build window, bands and, for `code`, the waves of its frequencies.

        Raises:
            ValueError: the sample rate is so low that no window or hop is left.
        """
        code = self.variant == "code"
        self.window = 4 * round((0.128 if code else 0.016) * sample_rate / 4)
        self.hop = round(0.008 * sample_rate)
        if self.hop < 1 or self.window < 4:
            raise ValueError(f"ThreeChannel: {sample_rate} Hz is too low for windows of 16 ms")
        # In `paper` every so-many-th bin of the FFT is one of the 128 frequencies.
        self.fft_samples = self.window if code else 2 * BINS * math.ceil(self.window / BINS)
        self.every = self.fft_samples // (2 * BINS)
        device, high_hz = self.hann.device, min(HIGH_HZ, sample_rate / 2)
        mel = slaney_filterbank(sample_rate, self.fft_samples, BINS, LOW_HZ, high_hz).T
        self.groups = _groups(mel)
        self.hann = torch.hann_window(self.window, dtype=torch.float64).to(device, torch.float32)
        self.mel = mel.T.contiguous().to(device)
        self.frame_rate = sample_rate / self.hop
        if code:
            self._build_octave_waves(sample_rate, high_hz, device)
        self.magnitude_db = Decibels(raised=1e-8, below=20.0) if code else Decibels()
        self.mel_db = Decibels(floor=1e-5, below=10.0) if code else Decibels()

    def _build_octave_waves(self, sample_rate: int, high_hz: float, device: torch.device) -> None:
        """Cosines and sines about the middle of the frame: what is even there meets cosines alone, what is odd sines.
        That halves the products; `turn` brings the phases back to the frame's beginning."""
        hz = LOW_HZ * (high_hz / LOW_HZ) ** (np.arange(BINS) / BINS)
        radians = 2 * np.pi * hz / sample_rate
        half = self.window // 2
        angle = torch.from_numpy(np.outer(np.arange(half), radians))
        start = torch.from_numpy(radians * half)
        self.cosines, self.sines = angle.cos().to(device, torch.float32), angle.sin().to(device, torch.float32)
        self.turn = torch.stack([start.cos(), start.sin()]).to(device, torch.float32)

    def num_frames(self, samples: int) -> int:
        """1 + samples // hop; 0 without samples."""
        return 1 + samples // self.hop if samples else 0

    def num_samples(self, frames: int) -> int:
        """A hop for each frame but the first; 1 at least."""
        return max(1, (frames - 1) * self.hop)

    def forward(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n 3 128 frame"]:
        """Computed in float32, under autocast too.

        Raises:
            ValueError: `prepare` was not called, there is more than one microphone, or there are no samples.
        """
        if not len(self.hann):
            raise ValueError("ThreeChannel does not know the sample rate yet: call prepare(sample_rate) first")
        if wave.shape[1] != 1 or not wave.shape[2]:
            raise ValueError(f"ThreeChannel wants waves of one microphone, (n, 1, sample), found {tuple(wave.shape)}")
        with torch.autocast(wave.device.type, enabled=False):
            wave = wave[:, 0].float()
            rows = len(wave)
            if wave.device.type == "cpu":
                rows = max(1, PART_SAMPLES[self.variant] // wave.shape[1])
            if rows >= len(wave) or (wave.requires_grad and torch.is_grad_enabled()):
                return torch.stack(self._pictures(wave), 1)
            out = wave.new_empty(len(wave), 3, BINS, self.num_frames(wave.shape[1]))
            for start in range(0, len(wave), rows):  # part by part: what a part needs stays in the cache
                for channel, picture in enumerate(self._pictures(wave[start : start + rows])):
                    out[start : start + rows, channel] = picture
        return out

    def _pictures(self, wave: Float[Tensor, "n sample"]) -> tuple[Tensor, Tensor, Tensor]:
        """(n, bin, frame) each."""
        framed = self._framed(wave)
        x = torch.fft.rfft(framed, n=self.fft_samples)
        # Parts apart: arithmetic on every second number is several times slower.
        real, imaginary = x.real.contiguous(), x.imag.contiguous()
        power = torch.addcmul(real.square(), imaginary, imaginary)
        bands = self.mel_db.of(self._bands(power).transpose(1, 2))
        if self.variant == "code":
            real, imaginary = (y.transpose(1, 2) for y in self._at_octaves(framed))
            power = torch.addcmul(real.square(), imaginary, imaginary)
        else:
            chosen = (y[..., self.every :: self.every] for y in (real, imaginary, power))
            real, imaginary, power = (y.transpose(1, 2).contiguous() for y in chosen)
        return self.magnitude_db.of(power), torch.atan2(imaginary, real), bands

    def _framed(self, wave: Float[Tensor, "n sample"]) -> Float[Tensor, "n frame window"]:
        count, half = self.num_frames(wave.shape[1]), self.window // 2
        wave = F.pad(wave, (0, max(0, half + 1 - wave.shape[1])))
        padded = F.pad(wave[:, None], (half, half), mode="reflect")[:, 0]
        return frames(padded, self.window, self.hop)[:, :count] * self.hann

    def _bands(self, power: Float[Tensor, "n frame freq"]) -> Float[Tensor, "n frame 128"]:
        """Sums over the mel bands; on a CPU several bands at once, over the bins that any of them uses."""
        if power.device.type != "cpu":
            return torch.matmul(power, self.mel)
        return torch.cat([torch.matmul(power[..., low : low + len(w)], w) for low, w in self.groups], -1)

    def _at_octaves(self, framed: Float[Tensor, "n frame window"]) -> tuple[Tensor, Tensor]:
        """Real and imaginary parts at 128 frequencies between the FFT's bins, (n, frame, bin) each."""
        half = self.window // 2
        later, earlier = framed[..., half:], F.pad(framed[..., 1:half].flip(-1), (1, 0))
        even, odd = torch.matmul(later + earlier, self.cosines), torch.matmul(later - earlier, self.sines)
        cosine, sine = self.turn
        # Adding 0 makes zeros positive: silence then has the phase 0, and not half a turn in places.
        return even * cosine - odd * sine + 0.0, 0.0 - odd * cosine - even * sine


def _groups(weights: Float[Tensor, "band freq"]) -> list[tuple[int, Tensor]]:
    """Neighbouring bands with the bins that any of them uses: (first bin, (bin, band) weights)."""
    groups = []
    for first in range(0, len(weights), BANDS_AT_ONCE):
        several = weights[first : first + BANDS_AT_ONCE]
        used = several.any(0).nonzero()[:, 0]
        low, high = int(used[0]), int(used[-1]) + 1
        groups.append((low, several[:, low:high].T.contiguous()))
    return groups
