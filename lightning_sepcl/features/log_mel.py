"""Log-mel spectrogram: the loudness of mel bands over time, framed without padding."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.audio.mel import mel_filterbank
from lightning_sepcl.features.base import Feature

CPU_PART_SAMPLES = 1 << 17  # found by timing: 8 patches of 15 600 samples at once; twice or half cost up to 10 % more
CPU_PART_POINTS = 1 << 19  # of the FFTs of a part; with four times as many, as long clips have, a third is lost
BANDS_AT_ONCE = 16  # fewer bands share fewer bins, but make smaller products; found by timing


class LogMel(Feature):
    """ln(mel + offset) of the short-time spectrum under a periodic Hann window; one channel per microphone.

    The defaults are the front end of VGGish; YAMNet's differs in `offset` 0.001 alone. At 16 kHz a frame is 400
    samples, the hop 160, the FFT 512, and 15 600 samples are exactly 96 frames. Frames start at whole hops, so
    the features of a crop at a multiple of the hop are a slice of the clip's.

    Args:
        window_seconds: length of a frame.
        hop_seconds: from one frame's start to the next one's.
        n_fft: length of the FFT in samples; null: the power of two at or above the frame.
        bins: mel bands.
        low_hz: lower edge of the first band.
        high_hz: upper edge of the last band, at most half the sample rate.
        offset: added to the band's magnitude before the logarithm; silence becomes ln(offset).
        power: 1 for magnitudes, 2 for powers.
        channels: number of microphones.

    Source: separated scenes, section 4.2 (25 ms Hann, 10 ms hop, 64 bands, patches of 96 frames); what it leaves open
        (band edges, offset, magnitude) as in VGGish, Hershey et al. 2017.
    """

    hann: Tensor
    weights: Tensor

    def __init__(
        self,
        window_seconds: float = 0.025,
        hop_seconds: float = 0.010,
        n_fft: int | None = None,
        bins: int = 64,
        low_hz: float = 125.0,
        high_hz: float = 7500.0,
        offset: float = 0.01,
        power: float = 1.0,
        channels: int = 1,
    ) -> None:
        super().__init__()
        if min(window_seconds, hop_seconds, offset, power) <= 0:
            raise ValueError("LogMel: window_seconds, hop_seconds, offset and power must be above 0")
        self.window_seconds, self.hop_seconds, self.n_fft = window_seconds, hop_seconds, n_fft
        self.bins, self.low_hz, self.high_hz = bins, low_hz, high_hz
        self.offset, self.power, self.channels = offset, power, channels
        # Not part of a checkpoint: they follow from the settings.
        self.register_buffer("hann", torch.empty(0), persistent=False)
        self.register_buffer("weights", torch.empty(0), persistent=False)

    def prepare(self, sample_rate: int) -> None:
        """Build window and bands.

        Raises:
            ValueError: a band reaches above half the sample rate, or the FFT is shorter than a frame.
        """
        self.window, self.hop = round(self.window_seconds * sample_rate), round(self.hop_seconds * sample_rate)
        self.fft_samples = self.n_fft or 1 << (self.window - 1).bit_length()
        if self.hop < 1 or self.fft_samples < self.window:
            raise ValueError(
                f"LogMel: at {sample_rate} Hz a frame has {self.window} samples and the hop {self.hop}; "
                f"the hop must be 1 at least and n_fft ({self.fft_samples}) no less than the frame"
            )
        weights = mel_filterbank(sample_rate, self.fft_samples, self.bins, self.low_hz, self.high_hz)
        used = weights.any(1).nonzero()[:, 0]
        self.first_bin, self.end_bin = int(used[0]), int(used[-1]) + 1
        device = self.hann.device
        self.hann = torch.hann_window(self.window, dtype=torch.float64).to(device, torch.float32)
        self.weights = weights[self.first_bin : self.end_bin].T.contiguous().to(device)
        self.groups = band_groups(self.weights.cpu())
        self.frame_rate = sample_rate / self.hop

    def num_frames(self, samples: int) -> int:
        """1 + (samples - window) // hop; 0 for less than a window."""
        return max(0, 1 + (samples - self.window) // self.hop)

    def num_samples(self, frames: int) -> int:
        """Window + (frames - 1) hops."""
        return self.window + (frames - 1) * self.hop

    def forward(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n mic {self.bins} frame"]:
        """Computed in float32, under autocast too: in bf16 the logarithm of quiet bands would be coarse steps.

        Raises:
            ValueError: `prepare` was not called, the wave has another number of microphones, or it is shorter than
                one frame.
        """
        if not len(self.hann):
            raise ValueError("LogMel does not know the sample rate yet: call prepare(sample_rate) first")
        if wave.shape[1] != self.channels:
            raise ValueError(f"LogMel: `channels` is {self.channels}, but the wave has {wave.shape[1]} microphone(s)")
        with torch.autocast(wave.device.type, enabled=False):
            wave = wave.float()
            if wave.device.type == "cpu" and not (wave.requires_grad and torch.is_grad_enabled()):
                return self._in_parts(wave)
            return self._differentiable(wave)

    def _differentiable(self, wave: Tensor) -> Tensor:
        """The definition as it reads; its gradient at silence is 0."""
        framed = frames(wave, self.window, self.hop) * self.hann
        spectrum = torch.fft.rfft(framed, n=self.fft_samples)[..., self.first_bin : self.end_bin].abs()
        if self.power != 1:
            spectrum = spectrum**self.power
        return torch.log(torch.matmul(self.weights, spectrum.transpose(-1, -2)) + self.offset)

    def _in_parts(self, wave: Tensor) -> Tensor:
        """The same in half of the time on a CPU, part by part: in its cache, and in bounded memory for long clips.

        The FFT finds its frames padded, magnitudes are taken by real arithmetic, and the bands are summed in groups,
        each over its own bins.
        """
        mics, count = wave.shape[1], self.num_frames(wave.shape[-1])
        out = wave.new_empty(len(wave), mics, self.bins, count)
        step = max(1, min(count, CPU_PART_POINTS // (mics * self.fft_samples)))
        most = min(CPU_PART_SAMPLES // max(1, wave[0:1].numel()), CPU_PART_POINTS // (mics * step * self.fft_samples))
        rows = max(1, min(most, len(wave)))
        padded = wave.new_zeros(rows, mics, step, self.fft_samples)
        for first in range(0, len(wave), rows):
            framed = frames(wave[first : first + rows], self.window, self.hop)
            for start in range(0, count, step):
                part = framed[:, :, start : start + step]
                buffer = padded[: len(part), :, : part.shape[2]]
                torch.mul(part, self.hann, out=buffer[..., : self.window])
                self._bands(buffer, out[first : first + rows, :, :, start : start + step])
        return out

    def _bands(self, framed: Tensor, out: Tensor) -> None:
        """Windowed and padded frames (n, mic, frame, point) -> log-mel, written to `out` (n, mic, bin, frame)."""
        spectrum = torch.view_as_real(torch.fft.rfft(framed)[..., self.first_bin : self.end_bin])
        squares = torch.addcmul(spectrum[..., 0].square(), spectrum[..., 1], spectrum[..., 1])
        strength = squares.sqrt_() if self.power == 1 else squares.pow_(self.power / 2)
        for first, low, weights in self.groups:
            end, high = first + weights.shape[1], low + weights.shape[0]
            out[:, :, first:end] = torch.matmul(strength[..., low:high], weights).transpose(-1, -2)
        out.add_(self.offset).log_()


def band_groups(weights: Tensor) -> list[tuple[int, int, Tensor]]:
    """Neighbouring bands with the bins that any of them uses: (first band, first bin, (bin, band) weights)."""
    groups = []
    for first in range(0, len(weights), BANDS_AT_ONCE):
        several = weights[first : first + BANDS_AT_ONCE]
        used = several.any(0).nonzero()[:, 0]
        low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        groups.append((first, low, several[:, low:high].T.contiguous()))
    return groups
