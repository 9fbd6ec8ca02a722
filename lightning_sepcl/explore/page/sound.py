"""The sound of a clip as a browser plays it: the file as it is where that can be, else the clip as WAV."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import soundfile as sf
from jaxtyping import Float32
from numpy.typing import NDArray

from lightning_sepcl.audio.reading import UnreadableAudio, read_audio
from lightning_sepcl.errors import UserError

WAV = "audio/wav"
MEDIA_TYPES = {"wav": WAV, "flac": "audio/flac", "mp3": "audio/mpeg", "vorbis": "audio/ogg", "opus": "audio/ogg"}
"""By the names under which a browser says what it plays."""
WAV_SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "FLOAT")
RATES = (8000, 96000)
"""Hz, the lowest and the highest that all browsers play."""
LISTENING_RATE = 48000
MOST_CHANNELS = 2
WHOLE_SECONDS = 0.05
"""A window that leaves out less than this is the whole file: times are rounded, and MP3 counts whole frames."""


def listed_file(root: Path, name: str) -> Path:
    """The file of a collection's list.

    Raises:
        UserError: the name leads out of the folder; embeddings from elsewhere may say anything.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise UserError(f"{name} lies outside of the collection's folder")
    return root / path


def playable(path: Path, start: float, end: float, seconds: float, plays: Collection[str]) -> tuple[bytes | Path, str]:
    """The file itself, or the bytes of a WAV, and the media type.

    Args:
        path: an audio file.
        start: seconds, where the clip begins.
        end: seconds.
        seconds: length of the file.
        plays: keys of `MEDIA_TYPES` that the browser plays.

    Raises:
        UnreadableAudio: missing or damaged.
    """
    info = _info(path)
    kind = _kind(info)
    if kind in plays and start <= 0 and end >= seconds - WHOLE_SECONDS:
        return path, MEDIA_TYPES[kind]
    rate = info.samplerate if RATES[0] <= info.samplerate <= RATES[1] else LISTENING_RATE
    wave = read_audio(path, rate, start=start, duration=end - start, mono=info.channels > MOST_CHANNELS)
    return wav_bytes(wave, rate), WAV


def wav_bytes(wave: Float32[NDArray[Any], "mic sample"], sample_rate: int) -> bytes:
    """A wave of full scale 1 as a WAV of 16 bits; what is beyond full scale is cut off."""
    buffer = io.BytesIO()
    sf.write(buffer, np.clip(wave.T, -1, 1), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _info(path: Path) -> Any:
    if not path.is_file():
        raise UnreadableAudio(path, "no such file")
    try:
        return sf.info(str(path))
    except sf.SoundFileError as error:
        raise UnreadableAudio(path, "damaged, or no audio format that libsndfile reads") from error


def _kind(info: Any) -> str:
    """What browsers would have to play; empty for what none of them does, or not well."""
    if info.channels > MOST_CHANNELS or not RATES[0] <= info.samplerate <= RATES[1]:
        return ""
    if info.format in ("WAV", "WAVEX"):
        return "wav" if info.subtype in WAV_SUBTYPES else ""
    kinds = {"FLAC": "flac", "MP3": "mp3", "MPEG": "mp3", "OGG": info.subtype.lower()}
    kind = kinds.get(info.format, "")
    return kind if kind in MEDIA_TYPES else ""
