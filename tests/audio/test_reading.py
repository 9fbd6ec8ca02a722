from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.audio.reading import UnreadableAudio, audio_seconds, decode_audio, read_audio
from lightning_sepcl.errors import UserError
from tests.fakes.tone import cut_file, tone, write_tone

FORMATS = ("wav", "flac", "ogg", "mp3", "aiff")


def tone_level(wave, hz, sample_rate):
    """Amplitude of the sine of `hz` in the middle of the wave, by projection."""
    middle = wave[len(wave) // 4 : 3 * len(wave) // 4].astype(float)
    middle = middle[: len(middle) // 160 * 160]  # whole periods of every multiple of 100 Hz at 16 kHz
    phase = 2 * np.pi * hz * np.arange(len(middle)) / sample_rate
    return 2 * abs(np.mean(middle * np.exp(-1j * phase)))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("file_rate", [16000, 44100])
def test_a_tone_comes_out_of_every_format_and_rate(tmp_path, ending, file_rate):
    wave = read_audio(write_tone(tmp_path / f"a.{ending}", 400, 1.0, file_rate), 16000)
    assert wave.dtype == np.float32
    assert wave.shape[0] == 1
    assert abs(wave.shape[1] - 16000) <= (1200 if ending == "mp3" else 1)
    assert tone_level(wave[0], 400, 16000) == pytest.approx(0.5, abs=0.01)


def test_sixteen_bit_samples_come_out_exactly(tmp_path):
    numbers = np.array([-32768, -1, 0, 1, 32767], np.int16)
    sf.write(tmp_path / "a.wav", numbers, 16000)
    assert np.array_equal(read_audio(tmp_path / "a.wav", 16000)[0] * 32768, numbers)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_in_memory_gives_what_it_gives_on_disk(tmp_path, ending):
    path = write_tone(tmp_path / f"a.{ending}", 400, 0.5, 44100, channels=2)
    for mono in (True, False):
        assert np.array_equal(
            decode_audio(path.read_bytes(), "a", 16000, mono=mono), read_audio(path, 16000, mono=mono)
        )


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_what_is_wrong_with_a_file_in_memory_is_told_as_on_disk(tmp_path, ending):
    path = cut_file(write_tone(tmp_path / f"a.{ending}", 400, 1.0), 0.5)
    with pytest.raises(UnreadableAudio) as on_disk:
        read_audio(path, 16000)
    with pytest.raises(UnreadableAudio) as in_memory:
        decode_audio(path.read_bytes(), "shard.tar/a", 16000)
    assert in_memory.value.why == on_disk.value.why
    assert str(in_memory.value).startswith("shard.tar/a: ")
    with pytest.raises(UnreadableAudio, match=r"shard.tar/a: the file is empty \(0 bytes\)"):
        decode_audio(b"", "shard.tar/a", 16000)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_a_window_is_that_part_of_the_whole(tmp_path, ending):
    path = write_tone(tmp_path / f"a.{ending}", 400, 1.0)
    whole = read_audio(path, 16000)
    window = read_audio(path, 16000, start=0.25, duration=0.5)
    assert np.array_equal(window, whole[:, 4000:12000])
    assert np.array_equal(read_audio(path, 16000, start=0.9, duration=0.5), whole[:, 14400:])


def test_the_rest_of_the_file_is_not_read(tmp_path, monkeypatch):
    path = write_tone(tmp_path / "a.wav", 400, 2.0)
    asked = []
    genuine = sf.SoundFile.read
    monkeypatch.setattr(
        sf.SoundFile, "read", lambda self, frames=-1, **kw: asked.append(frames) or genuine(self, frames, **kw)
    )
    read_audio(path, 16000, start=1.0, duration=0.1)
    assert asked == [1600]


def test_channels_stay_apart_or_become_their_mean(tmp_path):
    path = write_tone(tmp_path / "a.wav", channels=2)
    apart = read_audio(path, 16000, mono=False)
    assert apart.shape[0] == 2
    assert np.allclose(apart[1], apart[0] / 2, atol=1e-4)
    assert np.allclose(read_audio(path, 16000)[0], apart.mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize("share", [0.9, 0.5])
def test_a_cut_file_is_told_from_a_whole_one(tmp_path, ending, share):
    path = tmp_path / f"a.{ending}"
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 32000), 16000)  # noise, so that bytes follow time
    read_audio(path, 16000)
    with pytest.raises(UnreadableAudio, match=r"cut short|damaged") as caught:
        read_audio(cut_file(path, share), 16000)
    assert str(path) in str(caught.value)


def test_a_cut_wav_names_both_lengths(tmp_path):
    path = cut_file(write_tone(tmp_path / "a.wav", seconds=1.0), 0.5)
    with pytest.raises(UnreadableAudio, match=r"cut short: 16000 samples announced, 79\d\d found"):
        read_audio(path, 16000)


def test_a_wav_of_unknown_length_is_read(tmp_path):
    """Programs that write to a pipe announce 0xFFFFFFFF bytes."""
    path = write_tone(tmp_path / "a.wav", seconds=0.5)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert read_audio(path, 16000).shape == (1, 8000)


def write_nan(path):
    wave = tone(440, 0.1, 16000)
    wave[3] = np.nan
    wave[5] = np.inf
    sf.write(path, wave, 16000, subtype="FLOAT")


BAD = {
    "absent": (lambda path: None, "no such file"),
    "a folder": (lambda path: path.mkdir(), "no such file"),
    "empty": (lambda path: path.write_bytes(b""), r"empty \(0 bytes\)"),
    "text": (lambda path: path.write_text("hello " * 100), "no audio format"),
    "no samples": (lambda path: sf.write(path, np.zeros(0), 16000), "no samples"),
    "not numbers": (write_nan, "2 of 1600 samples are NaN or infinite"),
}


@pytest.mark.parametrize(("make", "why"), BAD.values(), ids=BAD)
def test_a_bad_file_says_why(tmp_path, make, why):
    path = tmp_path / "a.wav"
    make(path)
    with pytest.raises(UnreadableAudio, match=why) as caught:
        read_audio(path, 16000)
    assert isinstance(caught.value, UserError)
    assert caught.value.path == str(path)


def test_a_window_behind_the_end_says_so(tmp_path):
    path = write_tone(tmp_path / "a.wav", seconds=0.5)
    with pytest.raises(UnreadableAudio, match=r"no samples from 2 s on"):
        read_audio(path, 16000, start=2.0, duration=1.0)


def test_one_sample_is_read(tmp_path):
    sf.write(tmp_path / "a.wav", np.array([0.5]), 16000)
    assert read_audio(tmp_path / "a.wav", 16000).tolist() == [[0.5]]


def test_one_sample_that_resampling_swallows_says_so(tmp_path):
    sf.write(tmp_path / "a.wav", np.array([0.5]), 48000)
    with pytest.raises(UnreadableAudio, match="too short"):
        read_audio(tmp_path / "a.wav", 8000)


def test_seconds_of_a_file(tmp_path):
    assert audio_seconds(write_tone(tmp_path / "a.flac", seconds=1.5, sample_rate=44100)) == pytest.approx(1.5)
    with pytest.raises(UnreadableAudio, match="no such file"):
        audio_seconds(tmp_path / "b.wav")
    (tmp_path / "c.wav").write_text("no audio")
    with pytest.raises(UnreadableAudio, match="no audio format"):
        audio_seconds(tmp_path / "c.wav")


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_stretch_of_an_mp3_is_what_the_whole_file_has_there(tmp_path, rate):
    time = np.arange(8 * rate) / rate
    sf.write(tmp_path / "chirp.mp3", 0.5 * np.sin(2 * np.pi * (200 * time + 100 * time**2)), rate, format="MP3")
    whole = read_audio(tmp_path / "chirp.mp3", rate)
    for start in (0.1, 1.3, 5.0, 7.1):
        part, first = read_audio(tmp_path / "chirp.mp3", rate, start=start, duration=0.5), round(start * rate)
        np.testing.assert_allclose(part, whole[:, first : first + part.shape[1]], atol=1e-6)
