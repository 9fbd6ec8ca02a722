from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.audio.resample import resample


def tone(hz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44100, 16000), (16000, 44100), (48000, 16000), (8000, 16000)])
@pytest.mark.parametrize("hz", [100.0, 1000.0, 3000.0])
def test_a_tone_below_both_limits_is_the_same_tone(from_rate, to_rate, hz):
    out, expected = resample(tone(hz, from_rate), from_rate, to_rate), tone(hz, to_rate)
    assert abs(len(out) - len(expected)) <= 1
    inner = slice(400, len(expected) - 400)  # the tone's sudden ends ring
    np.testing.assert_allclose(out[inner], expected[inner], atol=2e-4)


def test_a_tone_above_the_new_limit_disappears():
    out = resample(tone(10000, 44100), 44100, 16000)
    assert np.abs(out[400:-400]).max() < 1e-4


def test_channels_stay_apart():
    stereo = np.stack([tone(300, 22050), tone(2000, 22050)], 1)
    out = resample(stereo, 22050, 16000)
    assert out.dtype == np.float32
    for channel in range(2):
        np.testing.assert_allclose(out[:, channel], resample(stereo[:, channel].copy(), 22050, 16000), atol=1e-6)


def test_the_same_rate_changes_nothing():
    wave = tone(100, 16000)
    assert resample(wave, 16000, 16000) is wave
