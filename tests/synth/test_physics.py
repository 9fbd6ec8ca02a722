"""Each model against what its physics says, without looking at its code."""

import numpy as np
import pytest

from lightning_sepcl.synth.bell import RATIOS, bell
from lightning_sepcl.synth.bird_chirp import bird_chirp
from lightning_sepcl.synth.clap import clap
from lightning_sepcl.synth.cricket import cricket
from lightning_sepcl.synth.drum import drum
from lightning_sepcl.synth.engine import engine
from lightning_sepcl.synth.modes import decaying_modes
from lightning_sepcl.synth.oscillator import pulse_train, tone
from lightning_sepcl.synth.plucked_string import string
from lightning_sepcl.synth.response import band, filtered, resonance
from lightning_sepcl.synth.siren import siren
from lightning_sepcl.synth.telephone import telephone
from lightning_sepcl.synth.vowel import vowel
from lightning_sepcl.synth.water_drops import bubble
from lightning_sepcl.synth.waveform import time_axis
from lightning_sepcl.synth.whistle import whistle
from lightning_sepcl.synth.wind import wind

RATE = 16000


def autocorrelation_period(wave, low_hz, high_hz, sample_rate=RATE):
    """Lag in samples, interpolated, of the highest peak among the periods allowed."""
    power = np.square(np.abs(np.fft.rfft(wave, 2 * len(wave))))
    likeness = np.fft.irfft(power)[: len(wave)]
    first = int(sample_rate / high_hz)
    lag = first + int(likeness[first : int(sample_rate / low_hz) + 1].argmax())
    left, middle, right = likeness[lag - 1 : lag + 2]
    return lag + 0.5 * (left - right) / (left - 2 * middle + right)


def loudest_hz(wave, frames, sample_rate=RATE):
    """Frequency of the strongest bin in each of `frames` equal parts."""
    return [
        np.abs(np.fft.rfft(part * np.hanning(len(part)), 16384)).argmax() * sample_rate / 16384
        for part in np.array_split(wave, frames)
    ]


@pytest.mark.parametrize("sample_rate", [8000, 22050, 48000])
@pytest.mark.parametrize("pitch_hz", [110.0, 233.7, 487.3, 931.1])
def test_string_sounds_at_the_drawn_pitch(pitch_hz, sample_rate):
    wave = string(np.random.default_rng(0), sample_rate, 0.5, pitch_hz, 0.6, 1.0, 0.27)
    period = autocorrelation_period(wave, 0.7 * pitch_hz, 1.5 * pitch_hz, sample_rate)
    assert sample_rate / period == pytest.approx(pitch_hz, rel=0.02)


def test_string_rings_for_its_t60():
    wave = string(np.random.default_rng(0), RATE, 0.5, 210.0, 0.5, 0.0, 0.3)
    early, late = (np.square(wave[int(t * RATE) : int((t + 0.1) * RATE)]).mean() for t in (0.05, 0.3))
    assert 10 * np.log10(early / late) == pytest.approx(60 * 0.25 / 0.5, abs=0.5)


def test_string_plucked_in_the_middle_has_no_even_partials():
    wave = string(np.random.default_rng(0), RATE, 0.5, 250.0, 0.5, 0.5, 0.5)
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), RATE))
    odd, even = (max(spectrum[n * 250 - 3 : n * 250 + 4].max() for n in numbers) for numbers in ((1, 3, 5), (2, 4, 6)))
    assert even < 0.05 * odd


def test_bell_partials_stand_in_its_ratios():
    """Prime, minor third and nominal have a peak within 3.5 %, and every strong peak lies at one of a bell's ratios."""
    for seed in range(5):
        wave, draws = bell(np.random.default_rng(seed), RATE), np.random.default_rng(seed)
        _, prime_hz = (
            draws.uniform(0.4, 0.7),
            250 * (1700 / 250) ** draws.random(),
        )  # duration and prime are drawn first
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * RATE))
        inner = spectrum[1:-1]
        peaks = 1 + np.flatnonzero((inner > spectrum[:-2]) & (inner >= spectrum[2:]) & (inner > 0.1 * inner.max()))
        away = np.abs(np.log(peaks / 4 / (prime_hz * np.array(RATIOS)[:, None])))
        assert away[[RATIOS.index(1.0), RATIOS.index(1.2), RATIOS.index(2.0)]].min(axis=1).max() < 0.035
        assert away.min(axis=0).max() < 0.035


def test_modes_above_the_band_are_dropped():
    time = time_axis(0.2, 8000)
    assert not decaying_modes(time, [3700.0, 5000.0], [1.0, 1.0], [0.5, 0.5]).any()
    assert decaying_modes(time, [3500.0], [1.0], [0.5]).any()


def test_mode_falls_by_sixty_decibels_in_its_t60():
    wave = decaying_modes(time_axis(0.4, RATE), [1000.0], [1.0], [0.2])
    assert 20 * np.log10(np.abs(wave[3200:3216]).max() / np.abs(wave[:16]).max()) == pytest.approx(-60, abs=0.5)


def test_partials_above_the_band_are_silent():
    np.testing.assert_array_equal(tone(np.full(800, 3700.0), 8000), 0)
    np.testing.assert_array_equal(tone(np.full(800, 2000.0), 8000, (0.0, 1.0)), 0)


def test_pulse_train_is_the_sum_of_all_partials():
    """Against the slow sum: 7 cosines of 500 Hz fit below 0.45 x 8 kHz."""
    time = time_axis(0.1, 8000)
    slow = sum(np.cos(2 * np.pi * 500 * n * time) for n in range(1, 8)) / 7
    np.testing.assert_allclose(pulse_train(np.full(800, 500.0), 8000), slow, atol=1e-6)


def test_resonance_peaks_at_its_centre_and_is_causal():
    frequency = np.arange(0.0, 4000.0, 1.0)
    gain = np.abs(resonance(frequency, 700.0, 70.0))
    assert frequency[gain.argmax()] == pytest.approx(700, abs=5)
    assert gain.max() == pytest.approx(10, rel=0.01)
    assert gain[0] == pytest.approx(1)
    click = np.zeros(1600)
    click[800] = 1
    ring = filtered(click, RATE, lambda f: resonance(f, 700.0, 70.0))
    assert np.abs(ring[:700]).max() < 0.03 * np.abs(ring).max()


def test_band_is_symmetric_in_octaves():
    np.testing.assert_allclose(band(np.array([500.0, 1000.0, 2000.0]), 1000.0, 1.0), [np.exp(-0.5), 1, np.exp(-0.5)])


@pytest.mark.parametrize("radius_mm", [1.5, 3.0, 6.0])
def test_bubble_rings_at_minnaerts_frequency(radius_mm):
    """3.26 / radius, and a bubble that rises climbs in pitch while it dies."""
    time = time_axis(0.1, RATE)
    wave = bubble(time, radius_mm / 1000, 0.0, RATE)
    spectrum = np.abs(np.fft.rfft(wave, 8 * RATE))
    assert spectrum.argmax() / 8 == pytest.approx(3260 / radius_mm, rel=0.02)
    rising = bubble(time, radius_mm / 1000, 2.0, RATE)
    crossings = np.flatnonzero(np.diff(np.signbit(rising[: len(time) // 2])))
    assert crossings[-1] - crossings[-3] < crossings[2] - crossings[0]


def test_bird_rises_in_every_syllable():
    """Pitch from one zero crossing to the next climbs far more often than it falls; falls mark new syllables."""
    wave = bird_chirp(np.random.default_rng(4), 48000)
    loud = np.abs(wave) > 0.2
    crossings = np.flatnonzero(np.diff(np.signbit(wave)))
    pitch = 48000 / (2 * np.convolve(np.diff(crossings), np.ones(8) / 8, mode="valid"))
    middle = crossings[4 : 4 + len(pitch)]
    heard = np.array([loud[max(0, m - 40) : m + 40].any() for m in middle])
    steps = np.diff(pitch)[heard[1:] & heard[:-1]]
    assert (steps > 0).mean() > 0.75


def test_siren_goes_up_and_comes_down():
    for seed in range(4):
        path = loudest_hz(siren(np.random.default_rng(seed), RATE), 9)
        top = int(np.argmax(path))
        assert 2 <= top <= 6
        assert path[top] > 1.5 * path[0]
        assert path[top] > 1.5 * path[-1]


def test_whistle_stays_near_one_pitch():
    path = loudest_hz(whistle(np.random.default_rng(1), RATE), 8)
    assert max(path) < 1.25 * min(path)


def test_telephone_changes_between_two_pitches():
    wave = telephone(np.random.default_rng(2), RATE)
    path = np.array(loudest_hz(wave, int(len(wave) / RATE * 60)))
    assert np.abs(np.diff(np.log(path))).max() > np.log(1.12)
    assert path.max() / path.min() < 1.7


def modulation_hz(wave, low_hz, high_hz):
    """Strongest rate of the envelope between two rates."""
    envelope = np.sqrt(np.convolve(np.square(wave), np.ones(48) / 48, mode="same"))
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)), 4 * RATE))
    return (int(low_hz * 4) + spectrum[int(low_hz * 4) : int(high_hz * 4)].argmax()) / 4


def test_cricket_strokes_eighteen_to_forty_times_a_second():
    for seed in range(4):
        assert 16 < modulation_hz(cricket(np.random.default_rng(seed), RATE), 8, 90) < 42


def test_engine_fires_at_its_rate():
    for seed in range(4):
        wave = engine(np.random.default_rng(seed), RATE)
        period = autocorrelation_period(np.square(wave) - np.square(wave).mean(), 4, 80)
        assert any(abs(RATE / period * n - f) < 4 for n in (1, 2, 4) for f in np.arange(22, 75))


def test_vowel_is_voiced_at_ninety_to_four_hundred_and_forty_hertz():
    for seed in range(4):
        wave = vowel(np.random.default_rng(seed), RATE)
        middle = wave[len(wave) // 3 : len(wave) // 2]
        period = autocorrelation_period(middle - middle.mean(), 80, 480)
        likeness = np.corrcoef(middle[: -round(period)], middle[round(period) :])[0, 1]
        assert likeness > 0.7


def test_drum_sinks_in_pitch():
    """Zero crossings of the lowest mode come closer together at the start than at the end."""
    wave = drum(np.random.default_rng(5), RATE)
    start, end = (loudest_hz(wave[int(a * RATE) : int(b * RATE)], 1)[0] for a, b in ((0.0, 0.04), (0.12, 0.2)))
    assert end < start


def test_clap_dies_quickly_and_is_no_tone():
    wave = clap(np.random.default_rng(0), RATE)
    power = np.square(wave)
    assert np.sort(power)[-len(power) // 5 :].sum() > 0.7 * power.sum()
    spectrum = np.square(np.abs(np.fft.rfft(wave)))
    assert spectrum.max() < 0.05 * spectrum.sum()


def test_wind_is_narrow():
    for seed in range(4):
        wave = wind(np.random.default_rng(seed), RATE)
        power = np.square(np.abs(np.fft.rfft(wave)))
        frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
        centre = (frequency * power).sum() / power.sum()
        assert np.sqrt((np.square(frequency - centre) * power).sum() / power.sum()) < 0.35 * centre + 200
