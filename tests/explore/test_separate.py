from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.audio.reading import UnreadableAudio, read_audio
from lightning_sepcl.audio.resample import resample
from lightning_sepcl.explore.separate import channel_paths, separate_file
from lightning_sepcl.separation.base import Separator
from tests.fakes.tone import tone, write_tone


class Quarter(Separator):
    """A quarter of the recording, and the rest; `scale` for separators that are not consistent."""

    def __init__(self, scale: float = 1.0, sample_rate: int = 16000) -> None:
        super().__init__()
        self.sources, self.sample_rate, self.scale = 2, sample_rate, scale

    def forward(self, wave):
        return self.scale * torch.cat([0.25 * wave, wave - 0.25 * wave], 1)


def read(done):
    return np.stack([sf.read(channel.path, dtype="float32")[0] for channel in done.channels])


@pytest.mark.parametrize(
    ("name", "rate", "microphones"),
    [("a.wav", 16000, 1), ("b.flac", 44100, 2), ("c.ogg", 8000, 1), ("d.mp3", 22050, 2)],
)
def test_the_files_hold_the_channels_of_the_recording_at_the_separators_rate(name, rate, microphones, tmp_path):
    path = write_tone(tmp_path / name, 500.0, 3.0, rate, microphones)
    done = separate_file(Quarter(), path, tmp_path, chunk_seconds=0.5, overlap_seconds=0.1)
    recording = read_audio(path, 16000)[0]
    np.testing.assert_allclose(read(done), [0.25 * recording, 0.75 * recording], atol=1e-6)
    assert [c.path for c in done.channels] == channel_paths(path, tmp_path, 2)
    assert (done.file_rate, done.microphones, done.rate) == (rate, microphones, 16000)
    assert done.seconds == len(recording) / 16000
    for channel in done.channels:
        assert (sf.info(channel.path).samplerate, sf.info(channel.path).subtype) == (16000, "FLOAT")


@pytest.mark.parametrize("samples", [44100, 44101, 12347, 700])
@pytest.mark.parametrize("rate", [44100, 11025, 16000])
def test_at_its_own_rate_a_channel_is_as_long_as_the_recording(rate, samples, tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, tone(500, samples / rate, rate), rate, subtype="FLOAT")
    done = separate_file(Quarter(), path, tmp_path, chunk_seconds=0.2, overlap_seconds=0.05, original_rate=True)
    found = read(done)
    assert (done.rate, found.shape) == (rate, (2, samples))
    back = resample(read_audio(path, 16000)[0], 16000, rate)  # both ways in one piece each
    count = min(len(back), samples)
    np.testing.assert_allclose(found.sum(0)[:count], back[:count], atol=2e-6)
    if samples > 10000:  # what the resampler does at the ends apart, the tone is back
        np.testing.assert_allclose(found.sum(0)[2000:-2000], tone(500, samples / rate, rate)[2000:-2000], atol=1e-3)


def test_levels_and_shares(tmp_path):
    path = write_tone(tmp_path / "a.wav", 500.0, 2.0)  # amplitude 0.5
    quarter, rest = separate_file(Quarter(), path, tmp_path).channels
    assert quarter.level_db == pytest.approx(20 * math.log10(0.125 / math.sqrt(2)), abs=1e-3)
    assert rest.level_db == pytest.approx(20 * math.log10(0.375 / math.sqrt(2)), abs=1e-3)
    assert (quarter.share, rest.share) == (pytest.approx(0.25), pytest.approx(0.75))


def test_floating_point_does_not_clip_and_16_bits_say_how_often(tmp_path):
    path = write_tone(tmp_path / "a.wav", 500.0, 0.5)
    loud = separate_file(Quarter(scale=4.0), path, tmp_path)
    assert np.abs(read(loud)).max() == pytest.approx(1.5, abs=1e-3)
    assert [c.clipped for c in loud.channels] == [0, 0]
    beyond = int((np.abs(read(loud)[1]) > 1).sum())
    cut = separate_file(Quarter(scale=4.0), path, tmp_path, bits=16)
    assert [c.clipped for c in cut.channels] == [0, beyond]
    assert beyond > 1000
    assert sf.info(cut.channels[1].path).subtype == "PCM_16"
    assert read(cut).max() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("samples", [1, 30, 9000])
def test_silence_gives_silent_channels(samples, tmp_path):
    sf.write(tmp_path / "a.wav", np.zeros(samples), 16000)
    done = separate_file(Quarter(), tmp_path / "a.wav", tmp_path, chunk_seconds=0.2, overlap_seconds=0.05)
    assert read(done).shape == (2, samples)
    assert not read(done).any()
    assert [c.level_db for c in done.channels] == [-math.inf] * 2
    assert all(math.isnan(c.share) for c in done.channels)


def test_what_was_heard_adds_up_to_the_recording(tmp_path):
    heard = []
    path = write_tone(tmp_path / "a.wav", 500.0, 3.0, 44100)
    separate_file(Quarter(), path, tmp_path, chunk_seconds=0.5, overlap_seconds=0.1, heard=heard.append)
    assert len(heard) > 5
    assert sum(heard) == pytest.approx(3.0)


def test_a_recording_that_breaks_off_leaves_what_was_there_before(tmp_path):
    path = tmp_path / "a.wav"
    separate_file(Quarter(), write_tone(path, seconds=1.0), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("a_*")}
    wave = tone(500, 200.0, 16000)
    wave[-5] = np.nan  # behind the first block
    sf.write(path, wave, 16000, subtype="FLOAT")
    with pytest.raises(UnreadableAudio, match="1 samples are NaN or infinite"):
        separate_file(Quarter(), path, tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p != path} == before


def test_an_interrupted_job_leaves_nothing(tmp_path):
    class Interrupted(Quarter):
        def forward(self, wave):
            raise KeyboardInterrupt

    path = write_tone(tmp_path / "a.wav")
    with pytest.raises(KeyboardInterrupt):
        separate_file(Interrupted(), path, tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_names_of_channels():
    assert channel_paths(Path("x/a.b.wav"), Path("out"), 1) == [Path("out/a.b_1.wav")]
