"""Scenes: pure functions of their arguments, whose parts add up and whose labels are true."""

import time
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from lightning_sepcl.synth import CATALOGUE, EventBank, synthetic_scene

BANK = EventBank(3, events_per_class=6)


def scene(index, **settings):
    return synthetic_scene(3, index, event_bank=BANK, **settings)


def test_same_arguments_same_scene_in_any_order():
    forth = [scene(i) for i in range(6)]
    back = [scene(i) for i in reversed(range(6))][::-1]
    for one, other in zip(forth, back, strict=True):
        np.testing.assert_array_equal(one.mixture, other.mixture)
        np.testing.assert_array_equal(one.sources, other.sources)
        assert (one.labels, one.events) == (other.labels, other.events)


def test_index_and_seed_both_matter():
    assert not np.array_equal(scene(0).mixture, scene(1).mixture)
    assert not np.array_equal(scene(0).mixture, synthetic_scene(4, 0, event_bank=BANK).mixture)


def test_default_bank_is_the_seeds_own():
    settings = {"classes": ["clap", "bell"], "sources": (1, 2), "seconds": 1.0}
    default = synthetic_scene(9, 0, **settings)
    np.testing.assert_array_equal(default.mixture, synthetic_scene(9, 0, event_bank=EventBank(9), **settings).mixture)


def test_sources_sum_to_the_mixture_within_full_scale():
    for index in range(40):
        made = scene(index)
        np.testing.assert_allclose(made.sources.sum(axis=0), made.mixture, atol=1e-6)
        assert np.abs(made.mixture).max() <= 1
        assert np.isfinite(made.mixture).all()
        assert abs(made.mixture.mean(dtype=np.float64)) < 2e-3
        assert made.mixture.dtype == made.sources.dtype == np.float32


@pytest.mark.parametrize("sample_rate", [8000, 22050, 48000])
@pytest.mark.parametrize("seconds", [0.3, 10.0])
def test_any_rate_and_length(sample_rate, seconds):
    bank = EventBank(1, sample_rate, events_per_class=2)
    made = synthetic_scene(1, 5, sample_rate=sample_rate, seconds=seconds, event_bank=bank)
    assert made.mixture.shape == (round(seconds * sample_rate),)
    assert made.sources.shape == (4, round(seconds * sample_rate))
    assert np.abs(made.sources[len(made.labels) - 1]).max() > 1e-3


def test_labels_are_the_rows_that_sound():
    for index in range(40):
        made = scene(index)
        level = np.sqrt(np.square(made.sources).mean(axis=1))
        assert (level > 0).tolist() == [i < len(made.labels) for i in range(4)]
        assert len(set(made.labels)) == len(made.labels)
        assert set(made.labels) == {event.label for event in made.events} <= set(CATALOGUE)


def test_every_source_is_heard_above_the_background():
    for index in range(40):
        made = scene(index)
        level = np.sqrt(np.square(made.sources[: len(made.labels)]).mean(axis=1))
        assert 20 * np.log10(level.min() / level.max()) > -20


def test_events_say_when_a_source_sounds():
    made = next(s for s in map(scene, range(50)) if len(s.labels) > 1)
    row, label = made.sources[1], made.labels[1]  # row 0 holds the background as well
    told = np.zeros(len(row), dtype=bool)
    for event in (e for e in made.events if e.label == label):
        first = round(event.onset_seconds * made.sample_rate)
        told[first : first + round(event.duration_seconds * made.sample_rate)] = True
        assert event.onset_seconds + event.duration_seconds <= 4 + 1e-9
    assert not row[~told].any()
    assert np.square(row[told]).mean() > 0


def test_numbers_of_sources_and_classes_follow_the_settings():
    numbers = {len(scene(i).labels) for i in range(60)}
    assert numbers == {1, 2, 3, 4}
    names = {label for i in range(40) for label in scene(i, sources=(2, 3), classes=["rain", "wind", "bell"]).labels}
    assert names == {"rain", "wind", "bell"}
    assert {label for i in range(150) for label in scene(i, seconds=0.1).labels} == set(CATALOGUE)


def test_a_clip_keeps_its_class_and_not_its_event():
    """A source hardly ever repeats an event: with 96 in stock, its uses in one clip are nearly all different."""
    bank = EventBank(3, events_per_class=96)
    made = synthetic_scene(3, 1, sources=(1, 1), classes=["bell"], seconds=10.0, event_bank=bank)
    durations = [event.duration_seconds for event in made.events[:-1]]
    assert len(durations) > 8
    assert len(set(durations)) >= 0.8 * len(durations)


def test_banks_of_different_seeds_share_no_event():
    first, second = (EventBank(seed, events_per_class=5).events("vowel") for seed in (0, 1))
    for one in first:
        for other in second:
            shorter = min(len(one), len(other))
            assert abs(np.corrcoef(one[:shorter], other[:shorter])[0, 1]) < 0.9


def test_events_of_a_bank_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        BANK.events("bell")[0][0] = 1
    with pytest.raises(FrozenInstanceError):
        scene(0).mixture = None


def test_wrong_settings_are_told():
    with pytest.raises(ValueError, match="different classes"):
        scene(0, sources=(1, 4), classes=["bell", "rain"])
    with pytest.raises(ValueError, match="no class of sound named 'dragon'"):
        scene(0, sources=(1, 1), classes=["dragon"])
    with pytest.raises(ValueError, match="8000 Hz"):
        scene(0, sample_rate=8000)


def test_rendering_is_cheap():
    scene(0)
    started = time.process_time()
    for index in range(100):
        scene(index)
    assert (time.process_time() - started) / 100 < 0.02  # measured: 0.0015 on one slow core
