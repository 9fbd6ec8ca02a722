"""What holds for every class of sound, through one body: a new class is tested the day it enters the catalogue."""

from itertools import pairwise

import numpy as np
import pytest

from lightning_sepcl.synth.catalogue import CATALOGUE
from lightning_sepcl.synth.waveform import active_rms

RATES = (8000, 16000, 22050, 48000)


def event(label, seed, sample_rate=16000):
    return CATALOGUE[label](np.random.default_rng(seed), sample_rate)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("label", CATALOGUE)
def test_is_finite_without_dc_at_unit_level(label, sample_rate):
    for seed in range(4):
        wave = event(label, seed, sample_rate)
        assert wave.dtype == np.float32
        assert wave.ndim == 1
        assert np.isfinite(wave).all()
        assert 0.1 < len(wave) / sample_rate < 1.0
        assert abs(wave.mean(dtype=np.float64)) < 1e-5
        assert active_rms(wave, sample_rate) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("label", CATALOGUE)
def test_starts_and_ends_in_silence(label):
    wave = event(label, 3)
    assert np.abs(wave[[0, -1]]).max() < 0.02 * np.abs(wave).max()


@pytest.mark.parametrize("label", CATALOGUE)
def test_same_numbers_same_sound(label):
    np.testing.assert_array_equal(event(label, 5), event(label, 5))
    other = event(label, 6)
    assert len(other) != len(event(label, 5)) or not np.allclose(other, event(label, 5))


@pytest.mark.parametrize("label", CATALOGUE)
def test_lasts_the_same_at_every_rate(label):
    """Parameters are drawn before any noise, so a seed means one physical event, whatever the rate."""
    lasting = [len(event(label, 11, rate)) / rate for rate in RATES]
    np.testing.assert_allclose(lasting, lasting[0], atol=1.1 / 8000)


@pytest.mark.parametrize("sample_rate", [8000, 48000])
@pytest.mark.parametrize("label", CATALOGUE)
def test_nothing_near_the_nyquist_frequency(label, sample_rate):
    """Partials stop at 0.45 of the rate; what reaches 0.48 is the skirt of an attack, 30 dB down or more."""
    for seed in range(3):
        wave = event(label, seed, sample_rate)
        power = np.square(np.abs(np.fft.rfft(wave)))
        assert power[int(0.96 * len(power)) :].sum() < 1e-3 * power.sum()


def statistics(wave):
    """Level of 24 bands between 100 Hz and 7.2 kHz, in dB: mean, spread over time, and mean change between frames."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, 200), 400)[::160] * np.hanning(400)
    power = np.square(np.abs(np.fft.rfft(frames, 512)))
    edges = np.geomspace(100, 7200, 25) / 16000 * 512
    bands = [power[:, int(a) : max(int(a) + 1, int(b))].mean(axis=1) for a, b in pairwise(edges)]
    level = 10 * np.log10(np.array(bands) + 1e-3)
    return np.concatenate([level.mean(1), level.std(1), np.abs(np.diff(level)).mean(1)])


def test_class_can_be_heard():
    """Nearest class centre on simple statistics names most fresh events; chance is one in sixteen."""
    fit, fresh = (
        np.array([[statistics(event(label, seed)) for seed in seeds] for label in CATALOGUE])
        for seeds in (range(100, 130), range(200, 212))
    )
    middle, spread = fit.mean(axis=(0, 1)), fit.std(axis=(0, 1))
    centres, heard = ((fit - middle) / spread).mean(axis=1), (fresh - middle) / spread
    guess = np.square(heard[:, :, None] - centres).sum(axis=-1).argmin(axis=-1)
    right = guess == np.arange(len(CATALOGUE))[:, None]
    assert right.mean() > 0.6
    assert (right.mean(axis=1) > 0.2).all(), dict(zip(CATALOGUE, right.mean(axis=1), strict=True))


def test_pitch_alone_does_not_tell_the_class():
    """Ranges overlap by design: the loudest frequency alone names a class far less often than the statistics above."""
    loudest = np.array(
        [
            [np.log2(200 + np.abs(np.fft.rfft(event(label, s), 16384)).argmax()) for s in range(40)]
            for label in CATALOGUE
        ]
    )
    centres = np.median(loudest[:, :20], axis=1)
    guess = np.abs(loudest[:, 20:, None] - centres).argmin(axis=-1)
    assert (guess == np.arange(len(CATALOGUE))[:, None]).mean() < 0.35
