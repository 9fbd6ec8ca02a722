"""How fast waveform augmentations are, beside torch-audiomentations, audiomentations, torchaudio and librosa.

Batches of 64 clips of 1 s and 16 of 10 s at 16 kHz. Every example gets a parameter of its own, from everybody: where a
package takes a batch it is told to draw per example, otherwise it is called clip by clip and the results are stacked
(of librosa's and torchaudio's stretch, whose lengths differ, they are not). Ours includes the draw. Figures are clips
per second of CPU time and of wall time; one of the two is judged.
torchaudio's pitch shift takes a second per clip: it is measured on one clip and multiplied, not with `--quick`.
A package that is not installed has a row that says so.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from harness import ClockName, Options, Row, Timing, alternately, run, speedup
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.augment.fade import Fade
from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.mixed_noise import MixedNoise
from lightning_sepcl.augment.noise import Noise
from lightning_sepcl.augment.pitch_shift import PitchShift
from lightning_sepcl.augment.time_mask import TimeMask
from lightning_sepcl.augment.time_shift import TimeShift
from lightning_sepcl.augment.time_stretch import TimeStretch
from lightning_sepcl.augment.white_noise import WhiteNoise

RATE = 16_000
BATCHES = ((64, 1), (16, 10))
"""Clips and seconds."""
GOAL_PITCH, GOAL_PITCH_BATCHED = 2.5, 8.0
GOAL_STRETCH = {1: 3.0, 10: 2.0}
GOAL_CHEAP = 1.0
CLOCKS: dict[ClockName, str] = {"cpu": "CPU", "wall": "wall"}
SEMITONES, RATES, SNR_DB = (-4.0, 4.0), (0.5, 1.5), (10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's way.

    Attributes:
        package: it needs.
        name: in the row.
        once: makes a call that does the whole batch.
        goal: how many times faster ours should be.
        times: what the measured time is multiplied by.
    """

    package: str
    name: str
    once: Callable[[Any, Tensor], Callable[[], object]]
    goal: float
    times: int = 1


@dataclass(frozen=True, slots=True)
class Contest:
    """One augmentation of ours and those that do the same."""

    name: str
    plugin: Augmentation
    peers: Sequence[Peer]


def contests(seconds: int, quick: bool) -> list[Contest]:
    """Of clips of so many seconds."""
    stretch = GOAL_STRETCH[seconds]
    pitch = [
        Peer("audiomentations", "audiomentations (signalsmith)", clipwise("PitchShift", *SEMITONES), GOAL_PITCH),
        Peer("audiomentations", "audiomentations (librosa)", librosa_pitch_shift, GOAL_PITCH),
        Peer("librosa", "librosa", pitched_by_librosa, GOAL_PITCH),
        Peer("torch_audiomentations", "torch-audiomentations", batched("PitchShift", *SEMITONES), GOAL_PITCH_BATCHED),
    ]
    if not quick:
        clips = next(n for n, s in BATCHES if s == seconds)
        pitch.append(Peer("torchaudio", "torchaudio (one clip, multiplied)", pitched_by_torchaudio, GOAL_PITCH, clips))
    stretches = [
        Peer("torchaudio", "torchaudio phase_vocoder", stretched_by_torchaudio, stretch),
        Peer("librosa", "librosa", stretched_by_librosa, stretch),
        Peer("audiomentations", "audiomentations (signalsmith)", clipwise("TimeStretch", *RATES), stretch),
    ]
    colours = [
        Peer(
            "torch_audiomentations", "torch-audiomentations", batched("AddColoredNoise", *SNR_DB, 0.0, 2.0), GOAL_CHEAP
        ),
        Peer("audiomentations", "audiomentations", clipwise("AddColorNoise", *SNR_DB), GOAL_CHEAP),
    ]
    return [
        Contest("pitch shift", PitchShift(*SEMITONES), pitch),
        Contest("time stretch", TimeStretch(*RATES), stretches),
        Contest("coloured noise", Noise(*SNR_DB), colours),
        Contest("mixed noise", MixedNoise(*SNR_DB), colours),
        Contest("white noise", WhiteNoise(*SNR_DB), [
            Peer("torch_audiomentations", "torch-audiomentations", batched("AddColoredNoise", *SNR_DB, 0.0, 1e-6), 1.0),
            Peer("audiomentations", "audiomentations", clipwise("AddGaussianSNR", *SNR_DB), GOAL_CHEAP),
        ]),
        Contest("time mask", TimeMask(), [
            Peer("audiomentations", "audiomentations", clipwise("TimeMask", 0.0, 0.125), GOAL_CHEAP),
            Peer("torchaudio", "torchaudio", masked_by_torchaudio, GOAL_CHEAP),
        ]),
        Contest("gain", Gain(), [
            Peer("torch_audiomentations", "torch-audiomentations", batched("Gain", -6.0, 6.0), GOAL_CHEAP),
            Peer("audiomentations", "audiomentations", clipwise("Gain", -6.0, 6.0), GOAL_CHEAP),
        ]),
        Contest("fade", Fade(), [
            Peer("torchaudio", "torchaudio", faded_by_torchaudio, GOAL_CHEAP),
            Peer("audiomentations", "audiomentations GainTransition", clipwise("GainTransition"), GOAL_CHEAP),
        ]),
        Contest("time shift", TimeShift(seconds / 2, wrap=True), [
            Peer("torch_audiomentations", "torch-audiomentations", batched("Shift", -0.5, 0.5), GOAL_CHEAP),
            Peer("audiomentations", "audiomentations", clipwise("Shift", -0.5, 0.5), GOAL_CHEAP),
        ]),
    ]  # fmt: skip


def clipwise(transform: str, *words: object) -> Callable[[Any, Tensor], Callable[[], object]]:
    """A transform of audiomentations, called for each clip; it draws anew at every call."""

    def prepared(package: Any, x: Tensor) -> Callable[[], object]:
        one, clips = getattr(package, transform)(*words, p=1.0), list(x[:, 0].numpy())
        return lambda: np.stack([one(samples=clip, sample_rate=RATE) for clip in clips])

    return prepared


def librosa_pitch_shift(package: Any, x: Tensor) -> Callable[[], object]:
    one, clips = package.PitchShift(*SEMITONES, method="librosa_phase_vocoder", p=1.0), list(x[:, 0].numpy())
    return lambda: np.stack([one(samples=clip, sample_rate=RATE) for clip in clips])


def batched(transform: str, *words: object) -> Callable[[Any, Tensor], Callable[[], object]]:
    """A transform of torch-audiomentations, drawing per example."""

    def prepared(package: Any, x: Tensor) -> Callable[[], object]:
        settings: dict[str, Any] = {"p": 1.0, "mode": "per_example", "output_type": "tensor", "sample_rate": RATE}
        one = getattr(package, transform)(*words, **settings)
        return lambda: one(x, sample_rate=RATE)

    return prepared


def spread(low: float, high: float, x: Tensor) -> list[float]:
    """A number per example, evenly from low to high."""
    return torch.linspace(low, high, len(x)).tolist()


def pitched_by_librosa(package: Any, x: Tensor) -> Callable[[], object]:
    pairs = list(zip(x[:, 0].numpy(), spread(*SEMITONES, x), strict=True))
    return lambda: np.stack([package.effects.pitch_shift(clip, sr=RATE, n_steps=steps) for clip, steps in pairs])


def stretched_by_librosa(package: Any, x: Tensor) -> Callable[[], object]:
    pairs = list(zip(x[:, 0].numpy(), spread(*RATES, x), strict=True))
    return lambda: [package.effects.time_stretch(clip, rate=rate) for clip, rate in pairs]


def pitched_by_torchaudio(package: Any, x: Tensor) -> Callable[[], object]:
    return lambda: package.functional.pitch_shift(x[:1, 0], RATE, -3)


def stretched_by_torchaudio(package: Any, x: Tensor) -> Callable[[], object]:
    window, advance = torch.hann_window(2048), torch.linspace(0, torch.pi * 512, 1025)[:, None]

    def once() -> None:
        for clip, rate in zip(x[:, 0], spread(*RATES, x), strict=True):
            spectra = torch.stft(clip, 2048, 512, window=window, return_complex=True)
            spectra = package.functional.phase_vocoder(spectra, rate, advance)
            torch.istft(spectra, 2048, 512, window=window, length=round(len(clip) / rate))

    return once


def masked_by_torchaudio(package: Any, x: Tensor) -> Callable[[], object]:
    return lambda: package.functional.mask_along_axis_iid(x[:, :, None], x.shape[-1] // 8, 0.0, 3)


def faded_by_torchaudio(package: Any, x: Tensor) -> Callable[[], object]:
    lengths = [int(length) for length in spread(1, x.shape[-1] // 2, x)]
    fades = [package.transforms.Fade(length, length, "logarithmic") for length in lengths]
    return lambda: torch.stack([fade(clip) for fade, clip in zip(fades, x, strict=True)])


def found(name: str) -> Any | None:
    """A package, or None where it cannot be imported for whatever reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        return None


def rows_of(contest: Contest, x: Tensor, options: Options, what: str) -> list[Row]:
    """Ours beside each peer."""
    contest.plugin.prepare(RATE, 1)
    generator = torch.Generator().manual_seed(0)
    calls: dict[str, Callable[[], object]] = {"ours": lambda: contest.plugin(x, generator)}
    packages = {peer.package: found(peer.package) for peer in contest.peers}
    for peer in contest.peers:
        if packages[peer.package] is not None:
            calls[peer.name] = peer.once(packages[peer.package], x)
    timings = alternately(calls, options.rounds_or(quick=1 if "pitch" in contest.name else 3, full=7))
    return [
        rate_row(f"{contest.name}, {what}", timings, peer, len(x), clock, clock == options.clock)
        for peer in contest.peers
        for clock in CLOCKS
    ]


def rate_row(what: str, timings: Mapping[str, Timing], peer: Peer, clips: int, clock: ClockName, judged: bool) -> Row:
    """Clips per second of one clock, with a goal on the one that is judged."""
    name, unit = f"{what} vs {peer.name}", f"clips/s {CLOCKS[clock]}"
    ours = clips / timings["ours"].median(clock)
    if peer.name not in timings:
        return Row(f"{name}: not installed", ours, unit)
    theirs = clips / (timings[peer.name].median(clock) * peer.times)
    return speedup(name, ours, theirs, unit, peer.goal if judged else None, rate=True)


def measure(options: Options) -> list[Row]:
    """Every augmentation on both batches."""
    rows = []
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for clips, seconds in BATCHES:
            x = 0.1 * torch.randn(clips, 1, seconds * RATE, generator=torch.Generator().manual_seed(0))
            for contest in contests(seconds, options.quick):
                rows += rows_of(contest, x, options, f"{clips} x {seconds} s")
    return rows


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
