"""Decodes every clip of a corpus once and says how long, how loud and of what kind it is, or why it cannot be read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import soundfile as sf
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array, UnreadableAudio
from lightning_sepcl.audio.silence import FRAME_SECONDS
from lightning_sepcl.data.cache_format import Skipped
from lightning_sepcl.data.corpus import Corpus, FileCorpus
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.data.reading_processes import in_processes, reading_processes
from lightning_sepcl.progress import progress

SILENCE_DB = -80.0
"""A frame of 10 ms below it, dB relative to full scale, counts as silence: as `--data.cut_silence_db -80` cuts."""
PIECE_SECONDS = 60.0
"""Longer clips are read in pieces, so that memory does not grow with the length of a recording."""
RENDERED_HZ = 16000
"""Sample rate of corpora that render their clips and have none of their own."""
CHUNK_CLIPS = 32
SMALL_SET_CLIPS = 256
"""Up to so many clips the start of processes takes longer than they save."""


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """What is known of one clip once it was decoded.

    Attributes:
        key: its name.
        seconds: its length.
        rms_db: level, dB relative to full scale; minus infinity for digital silence.
        peak: largest amplitude, 1 is full scale.
        silence: share of its frames of 10 ms that lie below -80 dB on every channel, 0 to 1.
        sample_rate: of the file, Hz.
        channels: of the file.
        kind: format and coding of the file, such as `WAV PCM_16`; `rendered` where there is none.
    """

    key: str
    seconds: float
    rms_db: float
    peak: float
    silence: float
    sample_rate: int
    channels: int
    kind: str


Measured = list[ClipFigures | Skipped]


def measured(
    corpus: Corpus, entries: Sequence[Entry], what: str, workers: int | None = None
) -> Iterator[ClipFigures | Skipped]:
    """Figures of every clip, in order, or the reason why one cannot be read.

    Args:
        corpus: gives the audio.
        entries: its clips.
        what: told in front of the progress.
        workers: processes that read; None is `$SEPCL_WORKERS`, else one per core.

    Raises:
        UserError: a process that read clips was killed.
    """
    workers = reading_processes(workers)
    chunks = [entries[i : i + CHUNK_CLIPS] for i in range(0, len(entries), CHUNK_CLIPS)]
    measure = partial(measure_clips, corpus)
    with progress(what, len(entries)) as advance:
        serial = workers <= 1 or len(entries) <= SMALL_SET_CLIPS
        for done in map(measure, chunks) if serial else in_processes(measure, chunks, workers, corpus.name):
            yield from done
            advance(len(done))


def measure_clips(corpus: Corpus, entries: Sequence[Entry]) -> Measured:
    """Figures of some clips, one after the other."""
    return [measure_clip(corpus, entry) for entry in entries]


def measure_clip(corpus: Corpus, entry: Entry) -> ClipFigures | Skipped:
    """Decode one clip in its own sample rate, all channels."""
    sample_rate, kind, file_seconds = _file_facts(corpus, entry)
    sums = _Sums(sample_rate)
    try:
        for piece in _pieces(entry, file_seconds):
            sums.add(corpus.audio(piece, sample_rate=sample_rate, mono=False, sources=False)[0])
    except UnreadableAudio as error:
        return Skipped(entry.key, entry.path, error.why)
    return sums.figures(entry.key, kind)


class _Sums:
    """What is added up over the pieces of a clip."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate, self.frame = sample_rate, max(1, round(FRAME_SECONDS * sample_rate))
        self.samples = self.channels = self.frames = self.silent = 0
        self.power = self.peak = 0.0

    def add(self, wave: Float32[Array, "mic sample"]) -> None:
        square = wave.astype(np.float64) ** 2
        starts = np.arange(0, wave.shape[1], self.frame)
        lengths = np.minimum(self.frame, wave.shape[1] - starts)
        loudest = (np.add.reduceat(square, starts, axis=1) / lengths).max(axis=0)
        self.frames += len(starts)
        self.silent += int((loudest < 10 ** (SILENCE_DB / 10)).sum())
        self.power += float(square.sum())
        self.peak = max(self.peak, float(np.abs(wave).max()))
        self.channels, self.samples = wave.shape[0], self.samples + wave.shape[1]

    def figures(self, key: str, kind: str) -> ClipFigures:
        mean = self.power / (self.samples * self.channels)
        level = 10 * math.log10(mean) if mean > 0 else -math.inf
        seconds, silence = self.samples / self.sample_rate, self.silent / self.frames
        return ClipFigures(key, seconds, level, self.peak, silence, self.sample_rate, self.channels, kind)


def _file_facts(corpus: Corpus, entry: Entry) -> tuple[int, str, float]:
    """Sample rate, kind and seconds of a clip's file; a file that does not open tells why when it is read."""
    if not isinstance(corpus, FileCorpus):
        return RENDERED_HZ, "rendered", 0.0
    try:
        info = sf.info(str(corpus.root / entry.path))
    except (sf.SoundFileError, OSError):
        return RENDERED_HZ, "unknown", 0.0
    return int(info.samplerate), f"{info.format} {info.subtype}", float(info.frames) / float(info.samplerate)


def _pieces(entry: Entry, file_seconds: float) -> list[Entry]:
    whole = entry.duration_seconds
    seconds = file_seconds - entry.start_seconds if whole is None else min(whole, file_seconds - entry.start_seconds)
    count = math.ceil(seconds / PIECE_SECONDS - 1e-6)  # no piece of less than a sample for a rounding error
    if count <= 1:
        return [entry]
    starts = [entry.start_seconds + i * PIECE_SECONDS for i in range(count)]
    last = None if whole is None else whole - (count - 1) * PIECE_SECONDS
    durations = [*([PIECE_SECONDS] * (count - 1)), last]
    return [replace(entry, start_seconds=s, duration_seconds=d) for s, d in zip(starts, durations, strict=True)]
