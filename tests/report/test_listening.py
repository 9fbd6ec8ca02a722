from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.report.listening import PEAK, excerpt, files_below, sound_url, sounds_within
from lightning_sepcl.report.run_folder import ReportError

RATE = 16000


def sine(hz, seconds, rate=RATE):
    return (0.1 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def pitch(wave, rate):
    return np.argmax(np.abs(np.fft.rfft(wave))) * rate / len(wave)


def test_the_loudest_part_is_kept_and_its_level_evened_out():
    wave = np.concatenate([0.1 * sine(300, 2), sine(900, 1), 0.1 * sine(300, 2)])
    piece = excerpt(wave, RATE, 1.0)
    assert len(piece.wave) == RATE
    assert np.abs(piece.wave).max() == pytest.approx(PEAK)
    assert pitch(piece.wave, RATE) == pytest.approx(900, abs=2)


def test_a_short_or_silent_wave_is_kept_whole():
    assert len(excerpt(sine(300, 0.5), RATE, 4.0).wave) == RATE // 2
    assert not excerpt(np.zeros(100, np.float32), RATE, 4.0).wave.any()


@pytest.mark.parametrize(("rate", "expected"), [(8000, 8000), (10000, 11025), (16000, 16000), (44100, 24000)])
def test_rates_that_browsers_play(rate, expected):
    piece = excerpt(sine(440, 1, rate), rate, 1.0)
    assert piece.sample_rate == expected
    assert pitch(piece.wave, expected) == pytest.approx(440, abs=2)


def test_what_is_embedded_sounds_like_the_clip():
    url = sound_url(excerpt(sine(440, 2), RATE, 4.0))
    kind, _, content = url.partition(";base64,")
    assert kind == "data:audio/mpeg"
    wave, rate = sf.read(io.BytesIO(base64.b64decode(content)))
    assert rate == RATE
    assert pitch(wave, rate) == pytest.approx(440, abs=2)
    assert len(url) < 4 * len(wave) / 4  # 16-bit WAV in base64 would need 2.7 bytes per sample


def test_without_mp3_it_is_a_wav(monkeypatch):
    monkeypatch.setattr(sf, "available_formats", lambda: {"WAV": ""})
    assert sound_url(excerpt(sine(440, 1), RATE, 1.0)).startswith("data:audio/wav;base64,UklGR")


def test_sounds_are_shortened_until_they_fit():
    waves = {"a": (sine(440, 4), RATE), "b": (sine(880, 4), RATE)}
    uses = {"a": 3, "b": 1}
    whole = sounds_within(waves, uses, 10**7)
    assert len(whole["a"][0].wave) == 4 * RATE
    size = sum(len(url) * uses[key] for key, (_, url) in whole.items())
    shorter = sounds_within(waves, uses, size - 1)
    assert len(shorter["a"][0].wave) == 3 * RATE
    assert sounds_within(waves, uses, 10) == {}


@pytest.mark.parametrize("key", ["dogs/bark.wav", "dogs/bark", "bark.wav", "bark", "fold1/bark.ogg"])
def test_clips_are_found_by_path_or_name(tmp_path, key):
    (tmp_path / "dogs").mkdir()
    sf.write(tmp_path / "dogs" / "bark.wav", sine(440, 0.5), RATE)
    wave, rate = files_below([tmp_path])(key)
    assert pitch(wave, rate) == pytest.approx(440, abs=3)


def test_unknown_clips_and_folders(tmp_path):
    with pytest.raises(KeyError):
        files_below([tmp_path])("bark")
    with pytest.raises(ReportError, match="no audio folder"):
        files_below([Path("nowhere")])
