"""Log-mel of every microphone and GCC-PHAT of every pair, from one short-time spectrum, as channels of one picture."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Complex, Float
from torch import Tensor

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.audio.gcc_phat import SILENT, correlations, microphone_pairs, phases
from lightning_sepcl.audio.slaney import slaney_filterbank
from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.log_mel import band_groups

Sign = Literal["first_later", "second_later"]
PART_SAMPLES = 1 << 18  # of padded frames at once: 51 frames of four microphones; found by timing


class LogMelGCC(Feature):
    """What a sound is and where it comes from: `microphones` channels of log-mel, then one for each pair of GCC-PHAT.

    All channels have the same size: the correlation is kept at as many lags as there are mel bands, -(bins // 2) to
    (bins - 1) // 2 samples, the middle row being lag 0. Frames are centred on whole hops, silence lies beyond the
    wave's ends: 1 s at a hop of 10 ms gives 101 frames. Pairs are (0, 1), (0, 2), ... (1, 2), ...

    Args:
        microphones: of the waves, two or more.
        window_seconds: length of a frame, under a periodic Hamming window.
        hop_seconds: from one frame's centre to the next one's.
        n_fft: length of the transform, samples; null: the power of two at or above the frame.
        bins: mel bands, and lags.
        low_hz: lower edge of the first band.
        high_hz: upper edge of the last band; null: half the sample rate.
        offset: added to a band's mean power before the logarithm.
        sign: which microphone of a pair hears later where the lag is positive: `first_later` is the paper's equation,
            `second_later` that of the DCASE baselines.

    Source: MC-SimCLR, section 3.1, with what it leaves open (frames of 30 ms, 96 bands from 50 Hz, a hop of 10 ms,
        hence 96 lags) as in the code of Fonseca et al. 2021, from which its encoder comes; lags around 0 as in the
        baseline of DCASE 2022, task 3. Differs: natural logarithm, and bands are means of their bins: levels alone.
    """

    window_: Tensor
    weights: Tensor

    def __init__(
        self,
        microphones: int = 4,
        window_seconds: float = 0.030,
        hop_seconds: float = 0.010,
        n_fft: int | None = 1024,
        bins: int = 96,
        low_hz: float = 50.0,
        high_hz: float | None = None,
        offset: float = 1e-8,
        sign: Sign = "first_later",
    ) -> None:
        super().__init__()
        if microphones < 2:
            raise ValueError(f"LogMelGCC: `microphones` is {microphones}; directions need 2 or more (LogMel takes one)")
        if min(window_seconds, hop_seconds, offset) <= 0:
            raise ValueError("LogMelGCC: window_seconds, hop_seconds and offset must be above 0")
        self.microphones, self.n_fft, self.bins, self.offset = microphones, n_fft, bins, offset
        self.window_seconds, self.hop_seconds = window_seconds, hop_seconds
        self.low_hz, self.high_hz, self.sign = low_hz, high_hz, sign
        self.channels = microphones + len(microphone_pairs(microphones))
        self.channel_groups = (microphones, self.channels - microphones)
        self.pairs = microphone_pairs(microphones)
        # Not part of a checkpoint: they follow from the settings.
        self.register_buffer("window_", torch.empty(0), persistent=False)
        self.register_buffer("weights", torch.empty(0), persistent=False)

    def prepare(self, sample_rate: int) -> None:
        """Build window and bands.

        Raises:
            ValueError: the transform is shorter than a frame or than the lags, or a band reaches too high.
        """
        window, self.hop = round(self.window_seconds * sample_rate), round(self.hop_seconds * sample_rate)
        self.fft_samples = self.n_fft or 1 << (window - 1).bit_length()
        if self.hop < 1 or self.fft_samples < max(window, self.bins):
            raise ValueError(
                f"LogMelGCC: at {sample_rate} Hz a frame has {window} samples, the hop {self.hop}, and there are "
                f"{self.bins} lags; the hop must be 1 at least, n_fft ({self.fft_samples}) no less than the other two"
            )
        high_hz = sample_rate / 2 if self.high_hz is None else self.high_hz
        device = self.weights.device
        self.weights = slaney_filterbank(sample_rate, self.fft_samples, self.bins, self.low_hz, high_hz).to(device)
        hamming = torch.hamming_window(window, dtype=torch.float64)
        self.window_ = (hamming / hamming.square().sum().sqrt()).to(device, torch.float32)
        self.frame_rate = sample_rate / self.hop
        self.groups = band_groups(self.weights.T.contiguous().cpu())

    def num_frames(self, samples: int) -> int:
        """1 + samples // hop."""
        return 1 + samples // self.hop

    def num_samples(self, frames: int) -> int:
        """(frames - 1) hops, or one sample for a single frame."""
        return max(1, (frames - 1) * self.hop)

    def forward(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n {self.channels} {self.bins} frame"]:
        """Computed in float32, under autocast too.

        Raises:
            ValueError: `prepare` was not called, or the wave has another number of microphones.
        """
        if not len(self.window_):
            raise ValueError("LogMelGCC does not know the sample rate yet: call prepare(sample_rate) first")
        if wave.shape[1] != self.microphones:
            raise ValueError(
                f"LogMelGCC: `microphones` is {self.microphones}, the wave has {wave.shape[1]}: set it, or data.mono"
            )
        with torch.autocast(wave.device.type, enabled=False):
            wave = wave.float()
            if wave.device.type == "cpu" and not (wave.requires_grad and torch.is_grad_enabled()):
                return self._clip_by_clip(wave)
            return self._pictures(wave)

    def _pictures(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n channel freq frame"]:
        spectrum = self._spectrum(wave)
        power = torch.view_as_real(spectrum).square().sum(-1)
        mel = torch.log(torch.matmul(power, self.weights) + self.offset)
        unit = phases(spectrum, power)
        unit = unit if self.sign == "first_later" else unit.conj()
        lags = correlations(unit, self.fft_samples, self.bins)
        return torch.cat([mel, lags], 1).transpose(-1, -2)

    def _clip_by_clip(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n channel freq frame"]:
        """The same in a quarter of the time on a CPU: some frames of one clip, and one pair of it, stay in its cache.

        Magnitudes are taken by real arithmetic and bands are summed in groups, as `LogMel` does. Frames lie in their
        transforms so far apart from microphone to microphone that the lags kept of any pair are neighbours.
        """
        window, count = len(self.window_), self.num_frames(wave.shape[-1])
        wave = F.pad(wave, (window // 2, window - window // 2))
        out = wave.new_empty(len(wave), self.channels, self.bins, count)
        parts = max(1, round(self.microphones * count * self.fft_samples / PART_SAMPLES))
        size = -(-count // parts)
        padded = wave.new_zeros(self.microphones, size, self.fft_samples)
        rows = wave.new_empty(self.channels, count, self.bins)
        for clip, picture in zip(wave, out, strict=True):
            framed = frames(clip, window, self.hop)[:, :count]
            for start in range(0, count, size):
                part = framed[:, start : start + size]
                self._frames_into(rows[:, start : start + size], part, padded[:, : part.shape[1]])
            for channel, row in zip(picture, rows, strict=True):
                channel.copy_(row.T)
        return out

    def _frames_into(
        self,
        rows: Float[Tensor, "channel part freq"],
        framed: Float[Tensor, "mic part window"],
        padded: Float[Tensor, "mic part fft"],
    ) -> None:
        """Log-mel and correlations of some frames; `padded` is 0 where no frame comes to lie."""
        apart, points, window = self.bins // 2, self.fft_samples, len(self.window_)
        for i, (mic, target) in enumerate(zip(framed, padded, strict=True)):
            place = i if self.sign == "second_later" else self.microphones - 1 - i
            at = place * apart % points
            end = min(window, points - at)  # what does not fit comes to lie at the beginning, as the transform is round
            torch.mul(mic[:, :end], self.window_[:end], out=target[:, at : at + end])
            if end < window:
                torch.mul(mic[:, end:], self.window_[end:], out=target[:, : window - end])
        spectrum = torch.fft.rfft(padded)
        real, imaginary = torch.view_as_real(spectrum).unbind(-1)
        power = torch.addcmul(real.square(), imaginary, imaginary)
        rows[: self.microphones] = self._log_mel(power.flatten(0, 1)).view(self.microphones, -1, self.bins)
        spectrum.mul_(power.add_(SILENT).rsqrt_())  # magnitude 1
        conjugate = spectrum.conj().resolve_conj()
        for row, (i, j) in zip(rows[self.microphones :], self.pairs, strict=True):
            first, second = (i, j) if self.sign == "first_later" else (j, i)
            lags = torch.fft.irfft(spectrum[first] * conjugate[second], points)
            row.copy_(_round_slice(lags, (j - i - 1) * apart % points, self.bins))

    def _log_mel(self, power: Float[Tensor, "frame bin"]) -> Float[Tensor, "frame band"]:
        mel = power.new_empty(len(power), self.bins)
        for first, low, weights in self.groups:
            bins, bands = power[:, low : low + weights.shape[0]], mel[:, first : first + weights.shape[1]]
            torch.mm(bins, weights, out=bands)
        return mel.add_(self.offset).log_()

    def _spectrum(self, wave: Float[Tensor, "n mic sample"]) -> Complex[Tensor, "n mic frame freq"]:
        """Silence beyond the ends: mirrored sound would come from the opposite side."""
        window = len(self.window_)
        framed = frames(F.pad(wave, (window // 2, window - window // 2)), window, self.hop)
        framed = framed[..., : self.num_frames(wave.shape[-1]), :]
        spectrum: Tensor = torch.fft.rfft(framed * self.window_, n=self.fft_samples)
        return spectrum


def _round_slice(wave: Float[Tensor, "frame sample"], start: int, count: int) -> Float[Tensor, "frame {count}"]:
    """So many samples from `start` on; behind the last comes the first."""
    beyond = start + count - wave.shape[1]
    return wave[:, start : start + count] if beyond <= 0 else torch.cat([wave[:, start:], wave[:, :beyond]], 1)
