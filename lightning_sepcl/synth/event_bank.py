"""A stock of events per class, rendered once and used by many scenes."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lightning_sepcl.synth.catalogue import CATALOGUE
from lightning_sepcl.synth.waveform import Wave


@dataclass(frozen=True)
class EventBank:
    """Events of every class, each with parameters of its own; a class is rendered when it is first asked for.

    Args:
        seed: another seed shares no event with this one, so training and test scenes want different seeds.
        sample_rate: Hz.
        events_per_class: how many different events of a class exist.
    """

    seed: int
    sample_rate: int = 16000
    events_per_class: int = 96

    def events(self, label: str) -> tuple[Wave, ...]:
        """All events of one class, read-only.

        Raises:
            ValueError: no such class.
        """
        if label not in CATALOGUE:
            raise ValueError(f"no class of sound named {label!r}: choose among {', '.join(CATALOGUE)}")
        return _rendered(self.seed, self.sample_rate, self.events_per_class, label)


@lru_cache(maxsize=4 * len(CATALOGUE))  # four whole banks; at 16 kHz one is 45 MB
def _rendered(seed: int, sample_rate: int, events_per_class: int, label: str) -> tuple[Wave, ...]:
    # The name, not its place in the catalogue, enters the seed: a new class leaves the others' events as they were.
    seeds = np.random.SeedSequence([seed, zlib.crc32(label.encode())]).spawn(events_per_class)
    events = tuple(CATALOGUE[label](np.random.default_rng(s), sample_rate) for s in seeds)
    for event in events:
        event.flags.writeable = False
    return events
