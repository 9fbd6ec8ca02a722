"""A recording and what separators make of it: spectrograms below each other, a column per separator.

Source: after Figure 2 of the separated-scenes paper (Fonseca et al. 2021).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image

from lightning_sepcl.audio.mel import hz_to_mel, mel_filterbank
from lightning_sepcl.report.drawing import HEAT, style
from lightning_sepcl.report.pictures import BANDS, HOP_SECONDS, LOW_HZ, PAPER_INK, WINDOW_SECONDS

RANGE_DB = 60.0
"""How far below the loudest point of the recording the darkest colour lies; one scale for all panels."""
FRAMES_AT_ONCE = 256
MOST_COLUMNS = 480
"""Points in time of a panel; more are not seen."""
MOST_POINTS = 150_000
"""Of all panels together: even when all of them are noise, the picture stays below 300 kB."""
TICKS_KHZ = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LONG_SECONDS = 600.0
"""From here on the time axis counts minutes."""
LONGEST_TITLE, LONGEST_NAME = 60, 18
DPI = 130
TYPE: dict[Any, Any] = {
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """How loud a wave is over time and frequency.

    Attributes:
        power: (band, column); bands equally wide in mel from 50 Hz to half the sample rate.
        seconds: length of the wave.
        sample_rate: Hz.
    """

    power: NDArray[np.float64]
    seconds: float
    sample_rate: int


def spectrogram(
    blocks: Iterable[Float[NDArray[Any], " _"]], samples: int, sample_rate: int, columns: int = MOST_COLUMNS
) -> Spectrogram:
    """The spectrogram of a wave that arrives in blocks; memory does not grow with its length.

    Frames of 25 ms every 10 ms, Hann window, the mean of those that fall into a column. A wave shorter than a frame
    is filled up with silence.

    Args:
        blocks: full scale 1.
        samples: of all blocks.
        sample_rate: Hz.
        columns: at most so many.
    """
    window, hop = round(WINDOW_SECONDS * sample_rate), max(1, round(HOP_SECONDS * sample_rate))
    n_fft = 1 << (sample_rate // 8).bit_length()  # long enough that the lowest, narrowest band holds a bin
    mel = mel_filterbank(sample_rate, n_fft, BANDS, LOW_HZ, sample_rate / 2).double().numpy()
    frames = 1 + max(0, samples - window) // hop
    columns = min(columns, frames)
    total, count, frame = np.zeros((columns, BANDS)), np.zeros(columns), 0
    for group in _frames(blocks, window, hop):
        power = np.abs(np.fft.rfft(group * np.hanning(window), n_fft)) ** 2 @ mel
        places = np.minimum((frame + np.arange(len(group))) * columns // frames, columns - 1)
        np.add.at(total, places, power)
        np.add.at(count, places, 1)
        frame += len(group)
    return Spectrogram((total / np.maximum(count, 1)[:, None]).T, samples / sample_rate, sample_rate)


def columns_for(panels: int) -> int:
    """How many columns each spectrogram of a picture with so many panels should have."""
    return max(1, min(MOST_COLUMNS, MOST_POINTS // (BANDS * panels)))


def separation_figure(
    recording: Spectrogram, separated: Mapping[str, Sequence[Spectrogram]], title: str, ink: str = PAPER_INK
) -> Figure:
    """The recording on top, below it a column for each separator with its channels, all in one scale of colours.

    Args:
        recording: what was separated.
        separated: for each separator by its name the channels.
        title: name of the recording.
        ink: colour of text and axes.
    """
    rows, columns = 1 + max(map(len, separated.values())), len(separated)
    scale = Scale(recording, max(s.sample_rate for group in separated.values() for s in group))
    with style(ink), mpl.rc_context(TYPE):
        figure = Figure(figsize=(7.5 if columns == 1 else 1.2 + 2.9 * columns, 0.9 + 1.45 * rows), dpi=DPI)
        axes = figure.subplots(rows, columns, squeeze=False)
        for axis in axes.flat:
            axis.set_visible(False)
        image = scale.draw(axes[0, 0], recording, "recording", left=True, lowest=False)
        for column, (name, channels) in enumerate(separated.items()):
            for row, channel in enumerate(channels, 1):
                head = f"{_short(name, LONGEST_NAME)}, channel {row}" if columns > 1 else f"channel {row}"
                scale.draw(axes[row, column], channel, head, left=column == 0, lowest=row == len(channels))
        bar = figure.colorbar(image, ax=axes.ravel().tolist(), aspect=16 * rows, fraction=0.03, pad=0.01)
        bar.set_label("level (dB re the loudest)")
        bar.outline.set_visible(False)
        figure.supylabel("frequency (kHz)", fontsize=TYPE["axes.labelsize"])
        figure.suptitle(_short(title, LONGEST_TITLE), x=0.01, ha="left", weight="bold", fontsize=13)
    return figure


def save_separation(
    path: Path, recording: Spectrogram, separated: Mapping[str, Sequence[Spectrogram]], title: str
) -> None:
    """Write `separation_figure` as a PNG of 256 colours, a third of the size of one with all."""
    buffer = io.BytesIO()
    with style(PAPER_INK), mpl.rc_context(TYPE):
        separation_figure(recording, separated, title).savefig(buffer, format="png", facecolor="white")
    picture = Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        picture.save(beside, format="png", optimize=True)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


class Scale:
    """Colours, seconds and frequencies that all panels of a picture share."""

    def __init__(self, recording: Spectrogram, sample_rate: int) -> None:
        self.loudest = float(recording.power.max())
        self.high = _mel(sample_rate / 2)
        self.unit, self.seconds = ("min", 60.0) if recording.seconds >= LONG_SECONDS else ("s", 1.0)
        self.length = recording.seconds / self.seconds
        self.ticks = [khz for khz in TICKS_KHZ if LOW_HZ < 1000 * khz < sample_rate / 2][::-2]

    def draw(self, axis: Axes, shown: Spectrogram, title: str, left: bool, lowest: bool) -> AxesImage:
        """A panel; `left` ones tell frequencies, the `lowest` of a column the time."""
        level = 10 * np.log10(np.maximum(shown.power / (self.loudest or 1.0), 10 ** (-RANGE_DB / 10)))
        extent = (0.0, shown.seconds / self.seconds, _mel(LOW_HZ), _mel(shown.sample_rate / 2))
        axis.set_visible(True)
        image = axis.imshow(
            level, origin="lower", aspect="auto", extent=extent, cmap=HEAT, vmin=-RANGE_DB, vmax=0, interpolation="none"
        )
        axis.set(title=title, xlim=(0, self.length), ylim=(_mel(LOW_HZ), self.high))
        axis.set_yticks([_mel(1000 * khz) for khz in self.ticks], [f"{khz:g}" for khz in self.ticks])
        axis.tick_params(labelleft=left, labelbottom=lowest)
        if lowest:
            axis.set_xlabel(f"time ({self.unit})")
        return image


def _frames(
    blocks: Iterable[Float[NDArray[Any], " _"]], window: int, hop: int
) -> Iterator[Float[NDArray[Any], "frame window"]]:
    """Groups of frames; at least one frame in all."""
    held, some = np.zeros(0, np.float32), False
    for block in blocks:
        held = np.concatenate([held, block])
        if len(held) < window:
            continue
        frames = np.lib.stride_tricks.sliding_window_view(held, window)[::hop]
        for first in range(0, len(frames), FRAMES_AT_ONCE):
            yield frames[first : first + FRAMES_AT_ONCE]
        held, some = held[len(frames) * hop :], True
    if not some:
        yield np.pad(held, (0, window - len(held)))[None]


def _mel(hz: float) -> float:
    return float(hz_to_mel(hz))


def _short(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"…{name[1 - letters :]}"
