"""How fast log-mel and three-channel features are, beside torchaudio, librosa and nnAudio.

Batches of 64 clips of 1 s and 16 of 10 s at 16 kHz. Log-mel: 64 bands of frames of 16 ms (FFT of 512, hop 8 ms) and of
25 ms (512, 10 ms), 128 bands of frames of 2048 samples (hop 8 ms). Three channels: both variants. Peers use the same
frames, FFT and number of bands. For the variant `code` only nnAudio has frequencies between the FFT's bins: the others
multiply their frames by a matrix of waves. "the bare FFT of the framed signal" is what nobody can do without: one FFT
for each frame, on frames that lie ready. A package that is not installed has a row that says so.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from harness import Options, Row, alternately, overhead, run, speedup
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.log_mel import LogMel
from lightning_sepcl.features.three_channel import ThreeChannel

RATE = 16_000
BATCHES = ((64, 1), (16, 10))
"""Clips and seconds."""
GOAL, GOAL_LONG = 1.0, 2.0
BARE = "the bare FFT of the framed signal"
LOW_HZ, HIGH_HZ = 40.0, 7500.0


@dataclass(frozen=True, slots=True)
class Preset:
    """What is computed.

    Attributes:
        name: in the row.
        feature: ours.
        window: samples of a frame.
        hop: samples.
        n_fft: samples.
        bands: mel bands.
        goal: how many times faster than each peer.
        stacked: whether magnitude and phase are wanted too.
        octaves: whether these are wanted at frequencies in octaves.
    """

    name: str
    feature: Feature
    window: int
    hop: int
    n_fft: int
    bands: int
    goal: float = GOAL
    stacked: bool = False
    octaves: bool = False


def presets() -> list[Preset]:
    """All that are measured."""
    short = LogMel(0.016, 0.008, 512, 64, LOW_HZ, HIGH_HZ)
    usual = LogMel(0.025, 0.010, 512, 64, LOW_HZ, HIGH_HZ)
    long = LogMel(0.128, 0.008, 2048, 128, LOW_HZ, HIGH_HZ)
    return [
        Preset("log-mel 16 ms", short, 256, 128, 512, 64),
        Preset("log-mel 25 ms", usual, 400, 160, 512, 64),
        Preset("log-mel 2048", long, 2048, 128, 2048, 128, GOAL_LONG),
        Preset("three channels, paper", ThreeChannel("paper"), 256, 128, 512, 128, stacked=True),
        Preset("three channels, code", ThreeChannel("code"), 2048, 128, 2048, 128, stacked=True, octaves=True),
    ]


def bare(preset: Preset, x: Tensor) -> Callable[[], object]:
    """One FFT for each frame; the frames of a clip lie ready, and stay in the cache for all."""
    framed = x[0, 0].unfold(-1, preset.window, preset.hop).contiguous()

    def transforms() -> None:
        for _ in range(len(x)):
            torch.fft.rfft(framed, preset.n_fft)

    return transforms


def octave_waves(window: int) -> NDArray[np.float32]:
    """(sample, 256): real and imaginary parts, in turn, of 128 waves at frequencies in octaves."""
    hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(128) / 128)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(window), hz) / RATE).astype(np.complex64)
    return np.ascontiguousarray(waves).view(np.float32)


def by_torchaudio(package: Any, preset: Preset, x: Tensor) -> Callable[[], object]:
    spectrum = package.transforms.Spectrogram(preset.n_fft, preset.window, preset.hop, power=None)
    power = package.transforms.Spectrogram(preset.n_fft, preset.window, preset.hop)
    bins = preset.n_fft // 2 + 1
    bands = package.transforms.MelScale(preset.bands, RATE, LOW_HZ, HIGH_HZ, bins)
    if not preset.stacked:
        return lambda: (bands(power(x)) + 0.01).log_()
    window, waves = torch.hann_window(preset.window), torch.from_numpy(octave_waves(preset.window))

    def stack() -> Tensor:
        y = spectrum(x[:, 0])
        strength = y.abs().square()
        part, some = y[:, 2:257:2], strength[:, 2:257:2]
        if preset.octaves:
            half = preset.window // 2
            framed = torch.nn.functional.pad(x, (half, half), "reflect")[:, 0].unfold(-1, preset.window, preset.hop)
            part = torch.view_as_complex((framed * window @ waves).unflatten(-1, (-1, 2)))
            some = part.abs().square()
            part, some = part.transpose(1, 2), some.transpose(1, 2)
        pictures = (10 * some.clamp(min=1e-10).log10(), part.angle(), 10 * bands(strength).clamp(min=1e-10).log10())
        return torch.stack(pictures, 1)

    return stack


def by_librosa(package: Any, preset: Preset, x: Tensor) -> Callable[[], object]:
    weights = package.filters.mel(sr=RATE, n_fft=preset.n_fft, n_mels=preset.bands, fmin=LOW_HZ, fmax=HIGH_HZ)
    clips = list(x[:, 0].numpy())
    window = np.hanning(preset.window + 1)[:-1].astype(np.float32)
    waves = octave_waves(preset.window)

    def one(clip: Any) -> Any:
        y = package.stft(clip, n_fft=preset.n_fft, hop_length=preset.hop, win_length=preset.window)
        strength = np.abs(y) ** 2
        mel = weights @ strength
        if not preset.stacked:
            return np.log(mel + 0.01)
        part, some = y[2:257:2], strength[2:257:2]
        if preset.octaves:
            padded = np.pad(clip, preset.window // 2, mode="reflect")
            framed = package.util.frame(padded, frame_length=preset.window, hop_length=preset.hop, axis=0)
            part = ((framed * window) @ waves).view(np.complex64).T
            some = np.abs(part) ** 2
        return np.stack([10 * np.log10(np.maximum(p, 1e-10)) for p in (some, mel)] + [np.angle(part)])

    return lambda: [one(clip) for clip in clips]


def by_nnaudio(package: Any, preset: Preset, x: Tensor) -> Callable[[], object]:
    sizes = {"n_fft": preset.n_fft, "win_length": preset.window, "hop_length": preset.hop, "verbose": False}
    edges = {"fmin": LOW_HZ, "fmax": HIGH_HZ}
    mel = package.MelSpectrogram(sr=RATE, n_mels=preset.bands, **edges, **sizes)
    clips = x[:, 0]
    if not preset.stacked:
        return lambda: (mel(clips) + 0.01).log_()
    octaves = {"freq_bins": 128, "freq_scale": "log", "sr": RATE, **edges} if preset.octaves else {}
    spectrum = package.STFT(**sizes, **octaves, output_format="Complex")

    def stack() -> Tensor:
        y = spectrum(clips)
        y = y if preset.octaves else y[:, 2:257:2]
        strength = y.square().sum(-1)
        pictures = (10 * strength.clamp(min=1e-10).log10(), torch.atan2(y[..., 1], y[..., 0]))
        return torch.stack([*pictures, 10 * mel(clips).clamp(min=1e-10).log10()], 1)

    return stack


PEERS = (
    ("torchaudio", "torchaudio", by_torchaudio),
    ("librosa", "librosa", by_librosa),
    ("nnAudio", "nnAudio.features", by_nnaudio),
)
"""Name, module and what makes a call that does the whole batch."""


def found(name: str) -> Any | None:
    """A module, or None where it cannot be imported for whatever reason."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        return None


def rows_of(preset: Preset, x: Tensor, options: Options, what: str) -> list[Row]:
    """Ours beside each peer, and beside the transforms alone."""
    preset.feature.prepare(RATE)
    calls: dict[str, Callable[[], object]] = {"ours": lambda: preset.feature(x), BARE: bare(preset, x)}
    for name, module, once in PEERS:
        if (package := found(module)) is not None:
            calls[name] = once(package, preset, x)
    timings = alternately(calls, options.rounds_or(quick=3, full=9))
    milliseconds = {name: 1e3 * timing.median(options.clock) for name, timing in timings.items()}
    ours = milliseconds["ours"]
    first = overhead(f"{preset.name}, {what} vs {BARE}", ours, milliseconds[BARE], options.milliseconds)
    return [first] + [
        speedup(f"{preset.name}, {what} vs {name}", ours, milliseconds[name], options.milliseconds, preset.goal)
        if name in milliseconds
        else Row(f"{preset.name}, {what} vs {name}: not installed", ours, options.milliseconds)
        for name, _, _ in PEERS
    ]


def measure(options: Options) -> list[Row]:
    """Every preset on both batches."""
    rows = []
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for clips, seconds in BATCHES:
            x = 0.1 * torch.randn(clips, 1, seconds * RATE, generator=torch.Generator().manual_seed(0))
            for preset in presets():
                rows += rows_of(preset, x, options, f"{clips} x {seconds} s")
    return rows


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
