"""Cuts a stream of samples into windows while it passes, holding no more of it than they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array, Audio

LEAST_REST = 0.1
"""Share of a window that may stay uncovered at the end of a file. MP3s are padded to whole frames, and a window of its
own for 40 ms would double the work for a collection of clips that are as long as a window."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file.

    Attributes:
        start: its first sample.
        wave: (mic, sample).
    """

    start: int
    wave: Audio


def repeated(wave: Audio, samples: int) -> Float32[Array, "mic filled"]:
    """The wave over and over until it has so many samples; a longer one is left as it is.

    So are short clips filled up for training. Silence instead would be heard as part of the sound: examples cut out of
    ESC-50's clips found their own clip much less often when they were padded.

    >>> repeated(np.array([[1, 2]], np.float32), 5).tolist()
    [[1.0, 2.0, 1.0, 2.0, 1.0]]
    """
    times = -(-samples // wave.shape[1])
    return np.tile(wave, (1, times))[:, :samples] if times > 1 else wave


class Windows:
    """Equal stretches every `hop` samples. The last one ends where the stream ends, so that nothing goes unheard.

    That last one is left out if it would add less than a tenth of a window. A stream shorter than a window is one
    stretch as long as it is. With a hop larger than the window there are gaps, also at the end.

    Args:
        length: samples of a window.
        hop: samples from one window's start to the next one's.
    """

    def __init__(self, length: int, hop: int) -> None:
        self.length, self.hop = length, hop
        self.samples = self.next = 0
        self._first, self._held = 0, np.zeros((1, 0), np.float32)

    def add(self, block: Audio) -> Iterator[Piece]:
        """The windows that a block completes."""
        self._held = np.concatenate([self._held, block], axis=1) if self._held.shape[1] else block
        self.samples += block.shape[1]
        while self.next + self.length <= self.samples:
            yield Piece(self.next, self._part(self.next, self.next + self.length))
            self.next += self.hop
        self._forget_before(min(self.next, self.samples - self.length))  # `end` may want a whole window

    def end(self) -> Iterator[Piece]:
        """What is left when the stream is over."""
        if self.next == 0:
            if self.samples:
                yield Piece(0, self._part(0, self.samples))
            return
        uncovered = self.samples - (self.next - self.hop + self.length) - max(0, self.hop - self.length)
        if uncovered > LEAST_REST * self.length:
            yield Piece(self.samples - self.length, self._part(self.samples - self.length, self.samples))

    def _part(self, start: int, end: int) -> Audio:
        return self._held[:, start - self._first : end - self._first].copy()

    def _forget_before(self, start: int) -> None:
        drop = min(start - self._first, self._held.shape[1])
        if drop > 0:
            self._held = self._held[:, drop:].copy()
            self._first += drop


class Tiles(Windows):
    """Stretches every `hop` samples, `hop` at most `length`, those at the end filled up with zeros.

    Every tile gives the same number of frame embeddings, and with a hop of as many frames they join to a regular grid.
    """

    def end(self) -> Iterator[Piece]:
        """The tiles that the end of the stream cuts off."""
        while self.next < self.samples:
            wave = self._part(self.next, self.samples)
            yield Piece(self.next, np.pad(wave, ((0, 0), (0, self.length - wave.shape[1]))))
            self.next += self.hop
