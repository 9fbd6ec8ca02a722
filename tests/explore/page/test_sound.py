from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.audio.reading import UnreadableAudio, read_audio
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.sound import WAV, listed_file, playable, wav_bytes
from tests.fakes.tone import write_tone

ALL = ("wav", "flac", "mp3", "vorbis", "opus")


@pytest.mark.parametrize(
    ("name", "rate", "media_type"),
    [
        ("a.wav", 16000, "audio/wav"), ("a.flac", 44100, "audio/flac"), ("a.mp3", 16000, "audio/mpeg"),
        ("a.ogg", 16000, "audio/ogg"),
    ],
)  # fmt: skip
def test_what_a_browser_plays_is_sent_as_it_is(tmp_path, name, rate, media_type):
    path = write_tone(tmp_path / name, 440, 1.0, rate)
    assert playable(path, 0.0, 1.0, 1.0, ALL) == (path, media_type)
    body, kind = playable(path, 0.0, 1.0, 1.0, ())
    assert kind == WAV
    assert sf.info(io.BytesIO(body)).format == "WAV"


@pytest.mark.parametrize(
    ("name", "rate", "channels", "heard"),
    [("a.aiff", 16000, 1, (16000, 1)), ("a.au", 16000, 2, (16000, 2)), ("a.wav", 16000, 5, (16000, 1)),
     ("a.wav", 192000, 1, (48000, 1)), ("a.wav", 4000, 2, (48000, 2))],
)  # fmt: skip
def test_everything_else_comes_as_wav(tmp_path, name, rate, channels, heard):
    path = write_tone(tmp_path / name, 440, 1.0, rate, channels)
    body, kind = playable(path, 0.0, 1.0, 1.0, ALL)
    info = sf.info(io.BytesIO(body))
    assert (kind, info.subtype, info.samplerate, info.channels) == (WAV, "PCM_16", *heard)
    assert info.frames / info.samplerate == pytest.approx(1.0)


def test_a_window_is_cut_out_of_its_file(tmp_path):
    path = write_tone(tmp_path / "a.flac", 440, 3.0, 8000)
    body, kind = playable(path, 1.0, 2.0, 3.0, ALL)
    wave, rate = sf.read(io.BytesIO(body))
    assert (kind, rate, len(wave)) == (WAV, 8000, 8000)
    np.testing.assert_allclose(wave, read_audio(path, 8000)[0, 8000:16000], atol=2**-15)


def test_beyond_full_scale_is_cut_off():
    wave, _ = sf.read(io.BytesIO(wav_bytes(np.array([[-3.0, 0.0, 0.5, 3.0]], np.float32), 8000)))
    np.testing.assert_allclose(wave, [-1, 0, 0.5, 1], atol=2**-14)


def test_what_is_no_audio_is_not_sent(tmp_path):
    (tmp_path / "secret.wav").write_text("password")
    for name in ("secret.wav", "gone.wav"):
        with pytest.raises(UnreadableAudio, match=name):
            playable(tmp_path / name, 0.0, 1.0, 1.0, ALL)


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.wav", "a/../../b.wav"])
def test_names_that_lead_out_of_the_folder_are_refused(name):
    with pytest.raises(UserError, match="lies outside"):
        listed_file(Path("/data"), name)
    assert listed_file(Path("/data"), "a/b..c.wav") == Path("/data/a/b..c.wav")
