"""Sound scenes of known content: a few sources at once, each repeating its kind of event with other parameters.

What persists through a clip is the *class* of its sources and nothing else. If a source kept its pitch or colour, two
crops of a clip could be matched by that, and contrastive training would have no reason to learn the class (measured on
an earlier design: the loss fell, retrieval did not improve). Hence no clip-constant pitch, filter or room; only levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lightning_sepcl.synth.catalogue import CATALOGUE
from lightning_sepcl.synth.event_bank import EventBank
from lightning_sepcl.synth.waveform import Wave

SOURCE_DB, USE_DB, BACKGROUND_DB, CLIP_DB = (-8.0, 0.0), (-3.0, 0.0), (-35.0, -15.0), (-26.0, -14.0)
"""Uniform ranges: level of a source, of one event within it, of the background noise, and of the whole clip."""

GAP_SECONDS = (0.03, 0.3)
LATEST_START_SECONDS = 0.25


@dataclass(frozen=True)
class Event:
    """One sound of a scene: its class, and when it is heard, cut at the end of the clip."""

    label: str
    onset_seconds: float
    duration_seconds: float


@dataclass(frozen=True, eq=False)
class Scene:
    """A mixture and what it was made of.

    Attributes:
        mixture: (sample,), |x| <= 1; exactly `sources.sum(axis=0)`.
        sources: (max_sources, sample). Row i holds the events of `labels[i]`; rows beyond `len(labels)` are zero. The
            background noise is part of row 0.
        labels: classes present, all different.
        events: in order of source, then of time.
        sample_rate: Hz.
    """

    mixture: Wave
    sources: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    labels: tuple[str, ...]
    events: tuple[Event, ...]
    sample_rate: int


def synthetic_scene(
    seed: int,
    index: int,
    *,
    sample_rate: int = 16000,
    seconds: float = 4.0,
    sources: tuple[int, int] = (1, 4),
    classes: Sequence[str] | None = None,
    event_bank: EventBank | None = None,
) -> Scene:
    """Scene number `index` of an endless list: the same arguments give the same scene, whatever was rendered before.

    Events come out of a bank that is rendered once per seed and kept (two seconds at 16 kHz); each use has its own gain
    and sign. A scene of 4 s then costs about 2 ms. Two seeds share no event: give training, validation and test
    different seeds.

    Args:
        seed: names the list of scenes and, unless `event_bank` is given, the bank.
        index: which scene.
        sample_rate: Hz; must be the bank's.
        seconds: length of the clip.
        sources: fewest and most sources at once, both possible; the most is the number of rows of `Scene.sources`.
        classes: names to choose from; all of the catalogue by default.
        event_bank: where events come from.

    Raises:
        ValueError: more sources than classes, an unknown class, or a bank of another sample rate.

    >>> scene = synthetic_scene(0, 7, seconds=1.0, sources=(2, 2), classes=["bell", "vowel", "rain"])
    >>> scene.mixture.shape, scene.sources.shape, len(scene.labels)
    ((16000,), (2, 16000), 2)
    """
    names = tuple(CATALOGUE if classes is None else classes)
    bank = EventBank(seed, sample_rate) if event_bank is None else event_bank
    fewest, most = sources
    if not 1 <= fewest <= most <= len(set(names)):
        raise ValueError(f"sources={sources} asks for a number that {len(set(names))} different classes cannot give")
    if bank.sample_rate != sample_rate:
        raise ValueError(f"the event bank is at {bank.sample_rate} Hz, the scene at {sample_rate} Hz: make them equal")

    rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
    labels = tuple(names[i] for i in rng.choice(len(names), rng.integers(fewest, most + 1), replace=False))
    waves = np.zeros((most, round(seconds * sample_rate)), dtype=np.float32)
    events = [e for row, label in zip(waves, labels, strict=False) for e in _fill(row, label, bank, rng)]
    background_db, clip_db = rng.uniform(*BACKGROUND_DB), rng.uniform(*CLIP_DB)
    waves[0] += _gain(background_db) * rng.standard_normal(waves.shape[1], dtype=np.float32)
    waves *= _gain(clip_db)
    waves /= np.float32(max(1.0, 1.01 * float(np.abs(waves.sum(axis=0)).max())))
    return Scene(waves.sum(axis=0), waves, labels, tuple(events), sample_rate)


def _fill(row: Wave, label: str, bank: EventBank, rng: np.random.Generator) -> list[Event]:
    """Writes one source into its row: event after event, every one of them another, with pauses between."""
    stock, seconds, level_db = bank.events(label), len(row) / bank.sample_rate, rng.uniform(*SOURCE_DB)
    onset, events = rng.uniform(0, min(LATEST_START_SECONDS, seconds / 4)), []
    while (first := round(onset * bank.sample_rate)) < len(row):
        wave, gain = stock[rng.integers(len(stock))], _gain(level_db + rng.uniform(*USE_DB)) * rng.choice((-1, 1))
        heard = min(len(wave), len(row) - first)
        row[first : first + heard] += gain * wave[:heard]
        events.append(Event(label, first / bank.sample_rate, heard / bank.sample_rate))
        onset += len(wave) / bank.sample_rate + rng.uniform(*GAP_SECONDS)
    return events


def _gain(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 20))
