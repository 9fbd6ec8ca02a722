"""How fast log-mel with GCC-PHAT is, beside the Fourier transforms it cannot do without and a loop over pairs.

Batches of 32 clips of 1 s and four microphones, with the settings of MC-SimCLR (16 kHz, frames every 10 ms, 1024
points, 96 bands and lags) and of DCASE (24 kHz, every 20 ms, 1024 points, 64). "bare transforms": one FFT for each
frame of each microphone and one inverse for each pair, on data that lies ready in the cache; nothing else. "loop over
pairs": clip by clip and pair by pair, both spectra computed for each pair, as the DCASE baselines do with librosa,
written here in torch; log-mel is not in it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import combinations

import torch
from harness import Options, Row, alternately, overhead, run, speedup
from torch import Tensor

from lightning_sepcl.features.log_mel_gcc import LogMelGCC

MICROPHONES = 4
GOAL_BARE, GOAL_LOOP = 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Preset:
    """What is computed.

    Attributes:
        name: in the row.
        rate: Hz.
        feature: ours.
    """

    name: str
    rate: int
    feature: LogMelGCC


def presets() -> list[Preset]:
    """Both that are measured."""
    dcase = LogMelGCC(MICROPHONES, 0.040, 0.020, 1024, 64, 0.0, sign="second_later")
    return [Preset("MC-SimCLR", 16_000, LogMelGCC(MICROPHONES)), Preset("DCASE", 24_000, dcase)]


def bare(clips: int, frames: int, points: int) -> None:
    """The transforms alone."""
    framed = torch.ones(MICROPHONES, frames, points)
    pairs = MICROPHONES * (MICROPHONES - 1) // 2
    cross = torch.ones(pairs, frames, points // 2 + 1, dtype=torch.complex64)
    for _ in range(clips):
        torch.fft.rfft(framed)
        torch.fft.irfft(cross, points)


def loop(x: Tensor, feature: LogMelGCC) -> list[Tensor]:
    """GCC-PHAT as it is often written."""
    points, lags = feature.fft_samples, feature.bins
    window = torch.hamming_window(len(feature.window_))

    def spectrum(wave: Tensor) -> Tensor:
        return torch.stft(wave, points, feature.hop, len(window), window, pad_mode="constant", return_complex=True)

    found = []
    for clip in x:
        for i, j in combinations(range(MICROPHONES), 2):
            cross = spectrum(clip[i]) * spectrum(clip[j]).conj()
            wave = torch.fft.irfft(cross / cross.abs().clamp(min=1e-8), points, dim=0)
            found.append(torch.cat([wave[-lags // 2 :], wave[: lags // 2]]))
    return found


def measure(options: Options) -> list[Row]:
    """Both presets."""
    rows = []
    clips = 8 if options.quick else 32
    with torch.inference_mode():
        for preset in presets():
            feature, rate = preset.feature, preset.rate
            feature.prepare(rate)
            x = 0.1 * torch.randn(clips, MICROPHONES, rate, generator=torch.Generator().manual_seed(0))
            frames, points = feature.num_frames(rate), feature.fft_samples
            timings = alternately(
                {
                    "ours": lambda: feature(x),  # noqa: B023 - called before the next turn of the loop
                    "bare": lambda: bare(clips, frames, points),  # noqa: B023
                    "loop": lambda: loop(x, feature),  # noqa: B023
                },
                options.rounds_or(quick=9, full=25),
            )
            ms = {name: 1e3 * timing.median(options.clock) / clips for name, timing in timings.items()}
            what, unit = f"{preset.name}, a clip", options.milliseconds
            rows.append(overhead(f"{what} vs bare transforms", ms["ours"], ms["bare"], unit, GOAL_BARE))
            rows.append(speedup(f"{what} vs loop over pairs", ms["ours"], ms["loop"], unit, GOAL_LOOP))
    return rows


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
