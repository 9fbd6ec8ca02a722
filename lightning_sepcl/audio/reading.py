"""Reads a window of any audio file at any sample rate; says in one sentence why a file cannot be used."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from jaxtyping import Float32

from lightning_sepcl.audio.resample import resample
from lightning_sepcl.errors import UserError

Array = np.ndarray[Any, Any]
Audio = Float32[Array, "mic sample"]

MPEG_FRAME_SAMPLES = 1152
"""How far an MP3's announced length may exceed what is decoded: its header counts whole frames or estimates them."""

EMPTY = "the file is empty (0 bytes)"
_SHORTENED = re.compile(r"(?:data|SSND)\s*:\s*(\d+) \(should be (\d+)\)")
_UNKNOWN_BYTES = (0, 0x7FFFFFFF, 0xFFFFFFFF)  # what programs write that stream to a pipe and cannot know the size


class UnreadableAudio(UserError):
    """A file that is missing, empty, cut short, damaged or holds no usable samples.

    Attributes:
        path: the file.
        why: the reason, without the path.
    """

    def __init__(self, path: str | Path, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = str(path), why

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


def read_audio(
    path: str | Path, sample_rate: int, *, start: float = 0.0, duration: float | None = None, mono: bool = True
) -> Audio:
    """The samples of a file from `start` on, full scale 1, at `sample_rate`; the rest of the file is not read.

    Args:
        path: WAV, FLAC, Ogg, MP3, AIFF or whatever else libsndfile reads.
        sample_rate: Hz wanted; resampled if the file has another.
        start: seconds.
        duration: seconds; None, or more than there is, reads up to the end.
        mono: mix all channels down to one (their mean); else they stay apart.

    Raises:
        UnreadableAudio: missing, empty, cut short, damaged, NaN or infinite samples, or nothing within the window.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableAudio(path, "no such file")
    if path.stat().st_size == 0:
        raise UnreadableAudio(path, EMPTY)
    return _decoded(path, None, sample_rate, start, duration, mono)


def decode_audio(data: bytes, name: str, sample_rate: int, *, mono: bool = True) -> Audio:
    """The samples of a whole audio file that lies in memory, as `read_audio` gives those of one on disk.

    Args:
        data: the file.
        name: of the file, for messages.
        sample_rate: Hz wanted; resampled if the file has another.
        mono: mix all channels down to one (their mean); else they stay apart.

    Raises:
        UnreadableAudio: as `read_audio`.
    """
    if not data:
        raise UnreadableAudio(name, EMPTY)
    return _decoded(name, data, sample_rate, 0.0, None, mono)


def _decoded(
    path: str | Path, data: bytes | None, sample_rate: int, start: float, duration: float | None, mono: bool
) -> Audio:
    """A file on disk, or where `data` is given, one in memory."""
    try:
        wave, file_rate = _window(path, data, start, duration)
    except sf.SoundFileError as error:
        why = str(error).split(": ", 1)[-1].strip() or "unknown error"
        raise UnreadableAudio(path, f"damaged, or no audio format that libsndfile reads ({why})") from error
    if wave.shape[1] == 0:
        raise UnreadableAudio(path, f"no samples from {start:g} s on")
    if not np.isfinite(wave).all():
        raise UnreadableAudio(path, f"{int((~np.isfinite(wave)).sum())} of {wave.size} samples are NaN or infinite")
    wave = wave.mean(axis=0, keepdims=True) if mono else wave
    wave = np.ascontiguousarray(resample(wave.T, file_rate, sample_rate).T)
    if wave.shape[1] == 0:
        raise UnreadableAudio(path, f"too short: no sample is left at {sample_rate} Hz")
    return wave


def audio_seconds(path: str | Path) -> float:
    """How long a file says it is, in seconds.

    Raises:
        UnreadableAudio: missing, empty or not audio.
    """
    if not Path(path).is_file():
        raise UnreadableAudio(path, "no such file")
    try:
        info = sf.info(str(path))
    except sf.SoundFileError as error:
        raise UnreadableAudio(path, "empty, damaged, or no audio format that libsndfile reads") from error
    return float(info.frames) / float(info.samplerate)


def _window(path: str | Path, data: bytes | None, start: float, duration: float | None) -> tuple[Audio, int]:
    with sf.SoundFile(str(path) if data is None else io.BytesIO(data)) as file:
        _refuse_shortened(path, data, file)
        rate, first = int(file.samplerate), round(start * file.samplerate)
        count = max(0, file.frames - first)
        if duration is not None:
            count = min(count, round(duration * rate))
        if count == 0:
            return np.zeros((file.channels, 0), np.float32), rate
        # an MP3 frame is built from bits of the frames before it: without them a second begins with noise
        lead = min(first, rate) if file.format in ("MP3", "MPEG") else 0
        file.seek(first - lead)
        wave = file.read(lead + count, dtype="float32", always_2d=True)[lead:]
        missing = count - len(wave)
        if missing > (MPEG_FRAME_SAMPLES if file.format in ("MP3", "MPEG") else 0):
            raise UnreadableAudio(path, f"cut short or damaged: {count} samples announced, {len(wave)} found")
    return np.ascontiguousarray(wave.T), rate


def _refuse_shortened(path: str | Path, data: bytes | None, file: sf.SoundFile) -> None:
    """libsndfile corrects the length of cut files in silence: its log and the missing end page give them away."""
    found = _SHORTENED.search(file.extra_info)
    if found:
        announced, present = int(found[1]), int(found[2])
        if announced > present and announced not in _UNKNOWN_BYTES:
            expected = round(file.frames * announced / max(present, 1))
            if expected > file.frames:
                raise UnreadableAudio(path, f"cut short: {expected} samples announced, {file.frames} found")
    if file.format == "OGG" and not _has_last_page(path, data):
        raise UnreadableAudio(path, f"cut short: {file.frames} samples found, then no page that ends the stream")


def _has_last_page(path: str | Path, data: bytes | None) -> bool:
    """Whether an Ogg file's last page carries the end-of-stream flag. Source: RFC 3533, section 6."""
    longest_page = 65307
    with Path(path).open("rb") if data is None else io.BytesIO(data) as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - longest_page))
        tail = file.read()
    page = tail.rfind(b"OggS")
    return page >= 0 and len(tail) > page + 5 and bool(tail[page + 5] & 4)
