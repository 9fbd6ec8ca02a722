"""Reads a file of any length block by block at another sample rate: what comes out is what reading it whole gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from lightning_sepcl.audio.reading import MPEG_FRAME_SAMPLES, Audio, UnreadableAudio, read_audio

BLOCK_NUMBERS = 1 << 20
"""Samples times channels decoded at a time: 4 MB."""
PEEK_SECONDS = 0.1


def audio_blocks(path: Path, sample_rate: int, microphones: int = 1) -> Iterator[Audio]:
    """The samples of a file, full scale 1, in consecutive blocks (mic, sample), some of which may be empty.

    Put together they are `read_audio(path, sample_rate)` to the bit: the resampler runs on over the blocks' edges.

    Args:
        path: whatever libsndfile reads.
        sample_rate: Hz wanted.
        microphones: 1 mixes all channels down; more are kept apart, and a file must have exactly so many.

    Raises:
        UnreadableAudio: as `read_audio` does, for damage further back only when it is reached; or a file of another
            number of channels.
    """
    read_audio(path, sample_rate, duration=PEEK_SECONDS)  # knows what can be wrong with a header
    try:
        with _Forward(str(path)) as file:
            if microphones > 1 and file.channels != microphones:
                raise UnreadableAudio(path, f"{file.channels} channel(s), where {microphones} are needed")
            file.seek(0)  # as `read_audio` does: an MP3 decoder rounds otherwise after it
            resampler = None
            if file.samplerate != sample_rate:
                resampler = soxr.ResampleStream(file.samplerate, sample_rate, microphones, "float32", quality="HQ")
            for wave, last in _decoded(path, file, microphones):
                resampled = wave if resampler is None else resampler.resample_chunk(wave, last=last)
                yield np.ascontiguousarray(resampled.T)
    except sf.SoundFileError as error:
        raise UnreadableAudio(path, f"damaged ({str(error).split(': ', 1)[-1].strip()})") from error


def stretch(path: Path, sample_rate: int, start: float, end: float | None, microphones: int = 1) -> Audio:
    """The samples from `start` to `end` (None: the end) in seconds, exactly those that `audio_blocks` gives.

    Raises:
        UnreadableAudio: as `audio_blocks`, or there is nothing from `start` on.
    """
    first, stop = round(start * sample_rate), None if end is None else round(end * sample_rate)
    parts, position = [], 0
    for block in audio_blocks(path, sample_rate, microphones):
        parts.append(block[:, max(0, first - position) : None if stop is None else max(0, stop - position)])
        position += block.shape[1]
        if stop is not None and position >= stop:
            break
    wave: Audio = np.concatenate(parts, axis=1)
    if wave.shape[1] == 0:
        raise UnreadableAudio(path, f"no samples from {start:g} s on: it lasts {position / sample_rate:.3g} s")
    return wave


class _Forward(sf.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is read from its beginning to its end, without seeking.

    soundfile seeks to where it stands after every read. An MP3 decoder loses what it knows of earlier frames by that
    (libsndfile 1.2.2): errors of up to 0.4 of full scale at the beginning of each block.
    """

    def seekable(self) -> bool:
        """Whether soundfile may seek of its own accord."""
        return False


def _decoded(path: Path, file: sf.SoundFile, microphones: int) -> Iterator[tuple[NDArray[np.float32], bool]]:
    """(sample, mic) at the file's own rate, and whether it is the last."""
    announced, found, last = file.frames, 0, False
    while not last:
        block = file.read(max(1, BLOCK_NUMBERS // file.channels), dtype="float32", always_2d=True)
        found += len(block)
        last = len(block) == 0 or found >= announced
        if not np.isfinite(block).all():
            raise UnreadableAudio(path, f"{int((~np.isfinite(block)).sum())} samples are NaN or infinite")
        yield (block.mean(axis=1, keepdims=True) if microphones == 1 else block), last
    if announced - found > (MPEG_FRAME_SAMPLES if file.format in ("MP3", "MPEG") else 0):
        raise UnreadableAudio(path, f"cut short or damaged: {announced} samples announced, {found} found")
