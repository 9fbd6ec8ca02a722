"""Pictures of sound: log-mel spectrograms with seconds and Hz on their axes, side by side for the views of a clip."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.audio.mel import hz_to_mel, mel_filterbank
from lightning_sepcl.report.drawing import HEAT, style
from lightning_sepcl.report.run_folder import ClipViews

BANDS = 64
LOW_HZ = 50.0
WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.01
RANGE_DB = 70.0
"""How far below the loudest point of a picture its darkest colour lies."""

MAX_COLUMNS = 240
"""Of one spectrogram: more are not seen in a panel, and they would make the page heavy."""

TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)
PAPER_INK = "#222222"
DPI = 110


def log_mel(wave: Float[NDArray[Any], " sample"], sample_rate: int) -> Float[NDArray[Any], "band frame"]:
    """Levels in dB of a wave in mel bands from 50 Hz to half the sample rate; for the eye, not for a network.

    Frames of 25 ms every 10 ms, Hann window; a wave shorter than a frame is padded with silence. Levels are cut off
    70 dB below the loudest.
    """
    window, hop = round(WINDOW_SECONDS * sample_rate), max(1, round(HOP_SECONDS * sample_rate))
    n_fft = 1 << (sample_rate // 8).bit_length()  # long enough that the lowest, narrowest band holds a bin
    padded = np.pad(np.asarray(wave, np.float64), (0, max(0, window - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * np.hanning(window)
    power = np.abs(np.fft.rfft(frames, n_fft)) ** 2
    bands = power @ mel_filterbank(sample_rate, n_fft, BANDS, LOW_HZ, sample_rate / 2).double().numpy()
    level = 10 * np.log10(np.maximum(bands.T, 1e-12))
    return np.asarray(np.maximum(level, level.max() - RANGE_DB))


def wave_panel(axis: Axes, wave: Float[NDArray[Any], " sample"], sample_rate: int, title: str = "") -> None:
    """Draws the log-mel spectrogram of a wave, in seconds and Hz."""
    seconds = len(wave) / sample_rate
    level = log_mel(wave, sample_rate)
    _image(axis, level, (0.0, seconds, 0.0, 1.0))
    low, high = hz_to_mel(np.array([LOW_HZ, sample_rate / 2]))
    ticks = [hz for hz in TICKS_HZ if LOW_HZ < hz < sample_rate / 2][-5:]
    places = [float((hz_to_mel(np.array(float(hz))) - low) / (high - low)) for hz in ticks]
    axis.set_yticks(places, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
    axis.set(title=title, xlabel="time (s)", ylabel="frequency (Hz)")


def feature_panel(
    axis: Axes, feature: Float[NDArray[Any], "freq frame"], seconds: float = 0.0, title: str = ""
) -> None:
    """Draws a feature as the encoder sees it, in its own range; `seconds` it spans, 0 for numbers of frames."""
    bands, frames = feature.shape
    _image(axis, feature, (0.0, seconds or float(frames), 0.0, float(bands)))
    axis.set(title=title, xlabel="time (s)" if seconds else "frame", ylabel="band")


def views_figure(clips: Sequence[ClipViews], ink: str = PAPER_INK) -> Figure:
    """One row per clip: the spectrogram of each of its views, then the features of each, where they are there.

    Args:
        clips: at least one, with the same number of views.
        ink: colour of text and axes.
    """
    with style(ink):
        views = clips[0].wave.shape[0]
        heard = clips[0].sample_rate > 0
        columns = views * (heard + (clips[0].features is not None))
        figure = Figure(figsize=(2.75 * max(columns, 2), 1.9 * len(clips)), dpi=DPI)
        axes = figure.subplots(len(clips), max(columns, 1), squeeze=False)
        for row, clip in zip(axes, clips, strict=True):
            _draw_row(list(row), clip, heard)
    return figure


def save_views(clips: Sequence[ClipViews], path: Path) -> None:
    """Writes `views_figure` to a file; its suffix says the format, `.png` or `.svg`."""
    with style(PAPER_INK):
        views_figure(clips).savefig(path, facecolor="white")


def thumbnail(wave: Float[NDArray[Any], " sample"], sample_rate: int) -> bytes:
    """A small JPEG of the spectrogram of a wave, without axes, 64 pixels high and 160 wide."""
    level = log_mel(wave, sample_rate)
    columns = np.linspace(0, level.shape[1] - 1, 160).round().astype(int)
    buffer = io.BytesIO()
    quality = {"quality": 82}  # a fifth of the size of a PNG
    image.imsave(buffer, level[:, columns], cmap=HEAT, origin="lower", format="jpg", pil_kwargs=quality)
    return buffer.getvalue()


def _draw_row(axes: list[Axes], clip: ClipViews, heard: bool) -> None:
    seconds = clip.wave.shape[1] / clip.sample_rate if heard else 0.0
    places = iter(axes)
    if heard:
        for i, wave in enumerate(clip.wave):
            wave_panel(next(places), wave, clip.sample_rate, f"{_short(clip.key)}, view {i + 1}")
    if clip.features is not None:
        for i, feature in enumerate(clip.features):
            feature_panel(next(places), feature, seconds, f"view {i + 1}, as the encoder sees it")
    for axis in axes[1:]:
        if axis.get_ylabel() == axes[0].get_ylabel():
            axis.set_ylabel("")


def _image(axis: Axes, picture: NDArray[Any], extent: tuple[float, float, float, float]) -> None:
    frames = picture.shape[1]
    columns = np.linspace(0, frames - 1, min(frames, MAX_COLUMNS)).round().astype(int)
    # "none" puts the pixels into an SVG as they are, a quarter of the size of what is drawn for a screen
    axis.imshow(picture[:, columns], origin="lower", aspect="auto", extent=extent, cmap=HEAT, interpolation="none")


def _short(key: str) -> str:
    return key if len(key) <= 20 else f"…{key[-19:]}"
