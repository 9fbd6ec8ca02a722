"""Turns clips into the int16 numbers the cache keeps; runs in the processes that build it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int16

from lightning_sepcl.audio.reading import Array, UnreadableAudio
from lightning_sepcl.audio.silence import cut_silence
from lightning_sepcl.data.cache_format import FULL_SCALE, SAMPLE_DTYPE, CacheSettings, Skipped
from lightning_sepcl.data.corpus import ClipAudio, Corpus
from lightning_sepcl.data.manifest import Entry


@dataclass(frozen=True, slots=True)
class PackedClip:
    """One clip, ready to be written; `gain` is what it was multiplied by to fit full scale."""

    key: str
    numbers: Int16[Array, "source mic sample"]
    peak: int
    gain: float
    crc32: int


def pack_clips(corpus: Corpus, settings: CacheSettings, entries: Sequence[Entry]) -> list[PackedClip | Skipped]:
    """Each clip read and packed, or the reason why it could not be."""
    return [_pack(corpus, settings, entry) for entry in entries]


def _pack(corpus: Corpus, settings: CacheSettings, entry: Entry) -> PackedClip | Skipped:
    try:
        clip = corpus.audio(
            entry, sample_rate=settings.sample_rate, mono=settings.mono, sources=settings.sources
        )  # fmt: skip
    except UnreadableAudio as error:
        return Skipped(entry.key, entry.path, error.why)
    if settings.cut_silence_db is not None:
        clip = _without_silence(clip, settings.sample_rate, settings.cut_silence_db)
    return packed(entry.key, clip)


def packed(key: str, clip: ClipAudio) -> PackedClip:
    """The clip as int16: 1 becomes 32768, rounded, so that 16-bit files survive bit for bit.

    A clip over full scale is made quieter as a whole, sources included, instead of being clipped.
    """
    peak = float(np.abs(clip).max(initial=0.0))
    gain = 1.0 / peak if peak > 1.0 else 1.0
    numbers = np.rint(clip * np.float32(gain * FULL_SCALE)).clip(-FULL_SCALE, FULL_SCALE - 1).astype(SAMPLE_DTYPE)
    largest = int(np.abs(numbers.astype(np.int32)).max(initial=0))
    return PackedClip(key, numbers, largest, gain, zlib.crc32(numbers.tobytes()))


def _without_silence(clip: ClipAudio, sample_rate: int, floor_db: float) -> Float32[Array, "source mic left"]:
    """All sources and microphones lose the same frames: those in which none of them sounds."""
    sources, mics, samples = clip.shape
    left = cut_silence(clip.reshape(sources * mics, samples), sample_rate, floor_db)
    return left.reshape(sources, mics, -1)
