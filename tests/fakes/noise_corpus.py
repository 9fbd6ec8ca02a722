"""A corpus that makes its clips up, some of them unreadable on demand."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

import numpy as np

from lightning_sepcl.audio.reading import UnreadableAudio
from lightning_sepcl.data.corpus import ClipAudio, Corpus
from lightning_sepcl.data.manifest import Entry, Manifest


@dataclass
class NoiseCorpus(Corpus):
    """Clip i has 100 + i samples of noise; every access is noted in `asked` (of this process)."""

    clips: int = 10
    unreadable: tuple[int, ...] = ()
    loud: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    deadly: int = -1
    version: str = "1"
    sources: int = 2
    mics: int = 1
    seconds_per_clip: float = 0.0
    name: str = "noise"
    asked: list[str] = field(default_factory=list)

    def manifest(self) -> Manifest:
        splits = ("train", "val", "test")
        entries = (
            Entry(
                f"clip{i:03d}",
                f"clip{i:03d}.wav",
                0.0,
                None,
                ("odd" if i % 2 else "even",),
                splits[max(0, i % 5 - 2)],
                0,
            )
            for i in range(self.clips)
        )
        return Manifest(tuple(entries), ("even", "odd"), multi_label=False)

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        number = int(entry.key.removeprefix("clip"))
        self.asked.append(entry.key)
        time.sleep(self.seconds_per_clip)
        if number == self.deadly:
            os._exit(1)
        if number in self.unreadable:
            raise UnreadableAudio(entry.path, "made unreadable")
        noise = (
            np.random.default_rng(number).uniform(-0.4, 0.4, (self.sources, self.mics, 100 + number)).astype(np.float32)
        )
        noise *= 10.0 if number in self.loud else 0.0 if number in self.silent else 1.0
        mixture = noise.sum(axis=0, keepdims=True)
        return np.concatenate([mixture, noise]) if sources else mixture

    def fingerprint(self, entry: Entry) -> str:
        return self.version
