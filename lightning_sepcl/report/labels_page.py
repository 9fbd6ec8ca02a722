"""The page of a separated recording: what is in each channel over time, as pictures with players, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.audio.resample import resample
from lightning_sepcl.report.drawing import style, svg
from lightning_sepcl.report.html import document, section, words_table
from lightning_sepcl.report.listening import PEAK, RATES, Excerpt, sound_url
from lightning_sepcl.report.separation_picture import Scale, Spectrogram
from lightning_sepcl.whole_file import whole_text

SOUND_BYTES = 6_000_000
LENGTHS_SECONDS = (600.0, 240.0, 120.0, 60.0, 30.0, 10.0)
PROBABILITIES = "viridis"


@dataclass(frozen=True, slots=True)
class LabelledSound:
    """The recording, or one of its channels.

    Attributes:
        name: over its picture.
        seen: its spectrogram.
        labels: for each class to be drawn its probability in evenly spaced columns, the first on top.
        told: what is heard in it, in words.
        wave: (sample,) full scale 1.
        sample_rate: Hz of `wave`.
    """

    name: str
    seen: Spectrogram
    labels: Mapping[str, Float[NDArray[Any], " column"]]
    told: str
    wave: NDArray[Any]
    sample_rate: int


def write_labels_page(path: Path, title: str, sounds: Sequence[LabelledSound], facts: Sequence[str]) -> None:
    """Write the page, without scripts, nothing loaded from outside.

    Args:
        path: of the page.
        title: name of the recording.
        sounds: the recording first, then its channels.
        facts: short remarks under the title.
    """
    players, heard = _players(sounds)
    scale = Scale(sounds[0].seen, max(sound.seen.sample_rate for sound in sounds))
    explanation = "Spectrogram above, below it the probability of each label over time, from dark (0) to bright (1)."
    if heard is not None:
        explanation += f" Players hold the first {heard:g} s."
    parts = [_part(number, sound, scale, url) for number, (sound, url) in enumerate(zip(sounds, players, strict=True))]
    rows = [(sound.name, sound.told) for sound in sounds]
    told = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    body = [
        f'<h1>{escape(title)}</h1>\n<p class="facts">{told}</p>',
        section("What is heard", "", words_table(("", "labels"), rows)),
        section("Channels", explanation, *parts),
    ]
    whole_text(path, document(title, body))


def label_figure(sound: LabelledSound, scale: Scale) -> Figure:
    """A spectrogram and, on the same seconds, a row per label."""
    rows = max(1, len(sound.labels))
    with style():
        figure = Figure(figsize=(9.0, 1.9 + 0.2 * rows))
        above, below = figure.subplots(2, 1, height_ratios=[1.5, 0.2 * rows], squeeze=True)
        scale.draw(above, sound.seen, "", left=True, lowest=False)
        above.set_ylabel("frequency (kHz)")
        values = np.stack(list(sound.labels.values())) if sound.labels else np.zeros((1, 1))
        extent = (0.0, sound.seen.seconds / scale.seconds, rows - 0.5, -0.5)
        below.imshow(values, aspect="auto", extent=extent, cmap=PROBABILITIES, vmin=0, vmax=1, interpolation="none")
        below.set_yticks(range(rows), list(sound.labels) or ["–"])
        below.set(xlim=(0, scale.length), xlabel=f"time ({scale.unit})")
        below.tick_params(axis="y", length=0)
    return figure


def _part(number: int, sound: LabelledSound, scale: Scale, url: str) -> str:
    picture = svg(label_figure(sound, scale), f"sound{number}", f"spectrogram and labels of {sound.name}")
    player = f'<audio controls preload="none" src="{url}" style="width:100%"></audio>' if url else ""
    return f"<h3>{escape(sound.name)}</h3>\n<figure>{picture}</figure>\n{player}"


def _players(sounds: Sequence[LabelledSound]) -> tuple[list[str], float | None]:
    """A URL for each sound, all at one gain, and their length where they were cut."""
    peak = max(float(np.abs(sound.wave).max(initial=0.0)) for sound in sounds)
    gain = PEAK / peak if peak > 0 else 1.0
    whole = max(len(sound.wave) / sound.sample_rate for sound in sounds)
    for seconds in LENGTHS_SECONDS:
        urls = [sound_url(_beginning(sound, min(seconds, whole), gain)) for sound in sounds]
        if sum(map(len, urls)) <= SOUND_BYTES:
            return urls, None if seconds >= whole else seconds
    return [""] * len(sounds), None


def _beginning(sound: LabelledSound, seconds: float, gain: float) -> Excerpt:
    rate = next((r for r in RATES if r >= sound.sample_rate), RATES[-1])
    piece = np.asarray(sound.wave[: round(seconds * sound.sample_rate)] * gain, np.float32)
    return Excerpt(np.asarray(resample(piece, sound.sample_rate, rate), np.float32), rate)
