"""Cuts digital silence out of clips, so that two crops of a clip are never both nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

Array = np.ndarray[Any, Any]

FRAME_SECONDS = 0.010
FADE_SECONDS = 0.002
SHORTEST_SECONDS = 0.2
"""A clip of which less would remain is left as it is."""


def cut_silence(
    wave: Float32[Array, "mic sample"], sample_rate: int, floor_db: float = -80.0
) -> Float32[Array, "mic left"]:
    """The wave without its 10 ms frames that are silent on every microphone; the seams are cross-faded over 2 ms.

    Padding with zeros is common in published sets: 13 % of ESC-50's frames are digital silence, and looping what is
    left improved every representation that was measured.

    Args:
        wave: full scale 1.
        sample_rate: Hz.
        floor_db: dB relative to full scale; a frame is silent when its RMS lies below this everywhere.
    """
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    loud = _loud_frames(wave, frame, floor_db)
    if loud.all() or loud.sum() * frame < SHORTEST_SECONDS * sample_rate:
        return wave
    # Runs of loud frames, as (first, behind last) pairs: where `loud` steps up or down.
    steps = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    runs = [wave[:, a * frame : b * frame] for a, b in zip(steps[::2], steps[1::2], strict=True)]
    fade = min(round(FADE_SECONDS * sample_rate), frame // 2)
    joined = [runs[0]]
    for run in runs[1:]:
        head, seam = _crossfade(joined[-1], run, fade)
        joined[-1:] = [head, seam]
    return np.concatenate(joined, axis=1)


def _loud_frames(wave: Float32[Array, "mic sample"], frame: int, floor_db: float) -> Bool[Array, " frame"]:
    """Which frames sound; the last frame may be a short one."""
    starts = np.arange(0, wave.shape[1], frame)
    lengths = np.minimum(frame, wave.shape[1] - starts)
    power = np.add.reduceat(wave.astype(np.float64) ** 2, starts, axis=1) / lengths
    return np.asarray(power.max(axis=0) >= 10 ** (floor_db / 10))


def _crossfade(
    left: Float32[Array, "mic left"], right: Float32[Array, "mic right"], fade: int
) -> tuple[Float32[Array, "mic head"], Float32[Array, "mic seam"]]:
    """`left` without its end, and `right` with that end faded into its beginning."""
    fade = min(fade, left.shape[1], right.shape[1])
    if fade == 0:
        return left, right
    rise = ((np.arange(fade) + 0.5) / fade).astype(np.float32)
    seam = left[:, -fade:] * (1 - rise) + right[:, :fade] * rise
    return left[:, :-fade], np.concatenate([seam, right[:, fade:]], axis=1)
