"""Clips one can listen to inside the page: found by their key, shortened, packed as MP3 into the page itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from jaxtyping import Float, Float32
from numpy.typing import NDArray

from lightning_sepcl.audio.files import audio_files
from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.audio.resample import resample
from lightning_sepcl.report.run_folder import ReportError

Waves = Callable[[str], tuple[NDArray[Any], int]]
"""From the key of a clip to its wave, (sample,) full scale 1, and its rate in Hz; KeyError for an unknown clip."""

RATES = (8000, 11025, 12000, 16000, 22050, 24000)
"""Rates that MP3 knows and that keep the page small."""

PEAK = 0.7
LENGTHS_SECONDS = (4.0, 3.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a clip.

    Attributes:
        wave: (sample,), its peak at 0.7 of full scale unless it is silent.
        sample_rate: Hz.
    """

    wave: Float32[NDArray[Any], " sample"]
    sample_rate: int


def files_below(roots: Sequence[Path]) -> Waves:
    """Finds the clips of a corpus below some folders: by path, by name, each with or without its suffix.

    Raises:
        ReportError: a folder does not exist. The returned function raises KeyError for a clip that is not there.
    """
    found: dict[str, Path] = {}
    for root in roots:
        if not root.is_dir():
            raise ReportError(f"no audio folder {root}: --root names the folder of the corpus the run was tested on")
        for name in audio_files(root):
            inside, path = Path(name), root / name
            for key in (inside.as_posix(), inside.with_suffix("").as_posix(), path.name, path.stem):
                found.setdefault(key, path)

    def wave(key: str) -> tuple[NDArray[Any], int]:
        path = found.get(key) or found.get(Path(key).stem)
        if path is None:
            raise KeyError(key)
        return read_audio(path, RATES[-1])[0], RATES[-1]

    return wave


def excerpt(wave: Float[NDArray[Any], " sample"], sample_rate: int, seconds: float) -> Excerpt:
    """The loudest `seconds` of a wave, at a rate for listening, its level evened out."""
    wave = np.asarray(wave, np.float32)
    rate = next((r for r in RATES if r >= sample_rate), RATES[-1])
    count = round(seconds * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    start = int(np.argmax(energy[count:] - energy[:-count])) if len(wave) > count else 0
    piece = resample(wave[start : start + count], sample_rate, rate)
    peak = float(np.abs(piece).max(initial=0.0))
    return Excerpt(np.asarray(piece * (PEAK / peak) if peak > 0 else piece, np.float32), rate)


def sound_url(sound: Excerpt) -> str:
    """An excerpt as a data URL: MP3, or WAV where this libsndfile was built without it."""
    mp3 = "MP3" in sf.available_formats()
    buffer = io.BytesIO()
    kind = ("MP3", "MPEG_LAYER_III") if mp3 else ("WAV", "PCM_16")
    sf.write(buffer, sound.wave, sound.sample_rate, format=kind[0], subtype=kind[1])
    return data_url(buffer.getvalue(), "audio/mpeg" if mp3 else "audio/wav")


def data_url(content: bytes, media_type: str) -> str:
    """Bytes as a URL that holds them.

    >>> data_url(b"hi", "text/plain")
    'data:text/plain;base64,aGk='
    """
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def sounds_within(
    waves: Mapping[str, tuple[NDArray[Any], int]],
    uses: Mapping[str, int],
    budget_bytes: int,
    lengths_seconds: Sequence[float] = LENGTHS_SECONDS,
) -> dict[str, tuple[Excerpt, str]]:
    """All clips as excerpts with their URLs, 4 s long or shorter, so that a page stays within the budget.

    Args:
        waves: by key.
        uses: how often each key stands in the page.
        budget_bytes: for all URLs together; where not even 1 s of each fits, nothing is returned.
        lengths_seconds: lengths to be tried, the longest first.
    """
    for seconds in lengths_seconds:
        cut = {key: excerpt(wave, rate, seconds) for key, (wave, rate) in waves.items()}
        packed = {key: (piece, sound_url(piece)) for key, piece in cut.items()}
        if sum(len(url) * uses[key] for key, (_, url) in packed.items()) <= budget_bytes:
            return packed
    return {}
