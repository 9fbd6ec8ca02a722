from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.audio.reading import UnreadableAudio, read_audio
from lightning_sepcl.explore import stream
from lightning_sepcl.explore.stream import audio_blocks
from tests.audio.test_reading import BAD
from tests.fakes.tone import cut_file


def noise(path, samples, sample_rate, channels=1):
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, (samples, channels)), sample_rate)
    return path


def chirp(path, samples, sample_rate):
    """What every MP3 encoder manages; full-band noise at 8 kHz gives frames that decoders refuse."""
    t = np.arange(samples) / samples
    sf.write(path, 0.4 * np.sin(2 * np.pi * 200 * t * (1 + 40 * t)) * (1 - t), sample_rate)
    return path


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("file_rate", [8000, 16000, 22050, 44100])
@pytest.mark.parametrize("block", [1000, 4410, 1 << 20])
def test_blocks_join_to_the_whole_to_the_bit(tmp_path, monkeypatch, ending, file_rate, block):
    monkeypatch.setattr(stream, "BLOCK_NUMBERS", block)
    path = chirp(tmp_path / f"a.{ending}", 44100, file_rate)  # also a whole number of blocks
    blocks = list(audio_blocks(path, 16000))
    assert len(blocks) >= 44100 // block
    assert np.array_equal(np.concatenate(blocks, axis=1), read_audio(path, 16000))


def test_channels_are_mixed_or_kept_apart_and_counted(tmp_path):
    path = noise(tmp_path / "a.wav", 5000, 22050, channels=2)
    mixed, apart = (np.concatenate(list(audio_blocks(path, 8000, m)), axis=1) for m in (1, 2))
    assert np.array_equal(apart, read_audio(path, 8000, mono=False))
    np.testing.assert_allclose(mixed, read_audio(path, 8000), atol=1e-7)
    with pytest.raises(UnreadableAudio, match=r"2 channel\(s\), where 4 are needed"):
        list(audio_blocks(path, 8000, 4))


@pytest.mark.parametrize(("make", "why"), BAD.values(), ids=BAD)
def test_a_bad_file_says_why(tmp_path, make, why):
    make(tmp_path / "a.wav")
    with pytest.raises(UnreadableAudio, match=why):
        list(audio_blocks(tmp_path / "a.wav", 16000))


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_a_cut_file_is_told_from_a_whole_one(tmp_path, ending):
    path = cut_file(noise(tmp_path / f"a.{ending}", 32000, 16000), 0.5)
    with pytest.raises(UnreadableAudio, match=r"cut short|damaged"):
        list(audio_blocks(path, 16000))


def test_damage_far_behind_is_found_when_it_is_reached(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "BLOCK_NUMBERS", 8000)
    wave = np.full(32000, 0.1, np.float32)
    wave[20000] = np.nan
    sf.write(tmp_path / "a.wav", wave, 16000, subtype="FLOAT")
    blocks = audio_blocks(tmp_path / "a.wav", 16000)
    assert next(blocks).shape == next(blocks).shape == (1, 8000)
    with pytest.raises(UnreadableAudio, match="1 samples are NaN or infinite"):
        next(blocks)
