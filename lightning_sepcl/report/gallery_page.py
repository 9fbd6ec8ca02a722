"""A page of sounds, each as a wave, as a spectrogram and to listen to, in one file with nothing from outside."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from jaxtyping import Float32
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.report.drawing import style
from lightning_sepcl.report.html import document
from lightning_sepcl.report.listening import Excerpt, data_url, sound_url
from lightning_sepcl.report.pictures import PAPER_INK, wave_panel

DPI = 90
GRID = "display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 14px"
PICTURE = "width: 100%; height: auto; border-radius: 4px; background: white"


@dataclass(frozen=True, slots=True)
class Shown:
    """One sound of the page.

    Attributes:
        name: above it.
        says: what was done to it, below its name.
        wave: (sample,), full scale 1; louder is cut off when it is heard.
        sample_rate: Hz, one that MP3 knows.
    """

    name: str
    says: str
    wave: Float32[NDArray[Any], " sample"]
    sample_rate: int


def gallery_page(title: str, about: str, sounds: Sequence[Shown]) -> str:
    """The whole page; all waves are drawn on the first one's scale, so that louder looks louder."""
    heading = [f"<h1>{escape(title)}</h1>", f"<p>{escape(about)}</p>"]
    return document(title, [*heading, f'<div style="{GRID}">{cards(sounds)}</div>'])


def cards(sounds: Sequence[Shown]) -> str:
    """The sounds as one HTML element each, without page and styles around them."""
    loudest = max(float(np.abs(sounds[0].wave).max(initial=0.0)), 1e-6)
    return "\n".join(_card(sound, loudest) for sound in sounds)


def _card(sound: Shown, loudest: float) -> str:
    heard = sound_url(Excerpt(np.clip(sound.wave, -1, 1), sound.sample_rate))
    picture = data_url(_picture(sound, loudest), "image/png")
    name, says = escape(sound.name), re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sound.says))
    return (
        f'<div class="clip"><div class="label">{name}</div><p class="soft">{says}</p>'
        f'<img src="{picture}" alt="{name}: wave and spectrogram" style="{PICTURE}">'
        f'<audio controls preload="none" src="{heard}"></audio></div>'
    )


def _picture(sound: Shown, loudest: float) -> bytes:
    """Wave above spectrogram, as PNG."""
    buffer = io.BytesIO()
    with style(PAPER_INK):
        figure = Figure(figsize=(3.6, 2.9), dpi=DPI)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        time = np.arange(len(sound.wave)) / sound.sample_rate
        above.plot(time, sound.wave, color="#0072b2", linewidth=0.5)
        above.set(ylim=(-1.3 * loudest, 1.3 * loudest), yticks=[])
        above.tick_params(labelbottom=False)
        wave_panel(below, sound.wave, sound.sample_rate)
        figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
