import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from data_sim import ENGINES
from data_sim.corpus.configuration import SourceRules
from data_sim.corpus.drawn_scene import drawn_scene
from data_sim.corpus.recordings import Recordings
from data_sim.corpus.rendered_scene import heard, loudest, rendered_scene
from data_sim.corpus.scene_row import COLUMNS


def rendered(configuration, number=0):
    recordings = Recordings.below(Path(configuration.recordings))
    return rendered_scene(configuration, recordings, ENGINES[configuration.engine](), number)


def test_heard_is_a_convolution():
    generator = np.random.default_rng(0)
    source, response = generator.normal(size=50), generator.normal(size=(3, 20))
    expected = np.stack([np.convolve(source, row) for row in response])
    torch.testing.assert_close(heard(torch.from_numpy(source), torch.from_numpy(response)), torch.from_numpy(expected))


@pytest.mark.parametrize("format", ["flac", "wav"])
def test_the_audio_is_the_response_to_the_recording(small, format):
    configuration = replace(small, format=format, engine="exact")
    scene = rendered(configuration, 1)
    audio, rate = soundfile.read(io.BytesIO(scene.audio), always_2d=True)
    assert rate == 8000
    source, _ = soundfile.read(f"{configuration.recordings}/Rain/1.wav")
    response = ENGINES["exact"]().responses([drawn_scene(configuration, 1).scene], rate)[0][0].numpy()
    expected = np.stack([np.convolve(source, row) for row in response]).T
    expected *= configuration.peak / np.abs(expected).max()
    assert audio.shape == expected.shape
    assert np.abs(audio - expected).max() < 1.1 / 32768
    assert soundfile.info(io.BytesIO(scene.audio)).format == format.upper()


def test_a_row_for_every_column(small):
    scene = rendered(small, 2)
    assert set(scene.row) | {"file", "sha256"} == set(COLUMNS)
    assert scene.row["recording"] == "Wind/2.wav"
    assert scene.row["label"] == "Wind"
    drawn = drawn_scene(small, 2)
    away = drawn.scene.sources[0] - drawn.scene.microphones.centre
    assert scene.row["azimuth_deg"] == pytest.approx(math.degrees(math.atan2(away[1], away[0])), abs=1e-3)
    assert scene.row["distance_m"] == pytest.approx(away.norm().item(), abs=1e-3)
    assert 0.2 < scene.row["rt60_measured_s"] / scene.row["rt60_asked_s"] < 2


def test_dcase_lines_cover_the_recording(small):
    lines = [line.split(",") for line in rendered(small, 2).dcase.splitlines()]
    assert [int(line[0]) for line in lines] == [0, 1, 2]  # 0.25 s in frames of 0.1 s
    assert {line[1] for line in lines} == {"1"}
    row = rendered(small, 2).row
    assert [int(x) for x in lines[0][3:]] == [
        round(row["azimuth_deg"]), round(row["elevation_deg"]), round(100 * row["distance_m"])
    ]  # fmt: skip


def test_the_nearer_microphone_hears_first(small):
    """The sign of azimuths, end to end: in dry rooms the correlation of opposite microphones peaks on the near side."""
    configuration = replace(small, engine="exact", sample_rate=48_000)
    agreed = 0
    for number in range(6):
        scene = rendered(configuration, number)
        audio, _ = soundfile.read(io.BytesIO(scene.audio))
        along_x = math.cos(math.radians(scene.row["azimuth_deg"]))
        if abs(along_x) < 0.3:
            continue
        spectra = np.fft.rfft(audio[:, [0, 2]], 2 * len(audio), axis=0)
        cross = np.fft.irfft(spectra[:, 0] * spectra[:, 1].conj())
        lag = int(np.roll(cross, 20)[:41].argmax()) - 20  # positive when microphone 0, on +x, hears later
        assert lag * along_x < 0
        agreed += 1
    assert agreed >= 3


def test_silence_stays_silent(small, sounds):
    soundfile.write(sounds / "Rain" / "0.wav", np.zeros(2000), 8000)
    audio, _ = soundfile.read(io.BytesIO(rendered(small, 0).audio))
    assert not audio.any()


@pytest.mark.parametrize("seconds", [0.1, 0.8])
def test_every_file_is_as_long_as_asked_whatever_the_recording(small, seconds):
    scene = rendered(replace(small, seconds=seconds), 1)
    audio, rate = soundfile.read(io.BytesIO(scene.audio), always_2d=True)
    assert len(audio) == round(seconds * rate)
    assert scene.row["seconds"] == seconds
    assert np.abs(audio).max() == pytest.approx(small.peak, abs=1e-3)


def test_the_loudest_stretch_is_played():
    wave = torch.zeros(1000)
    wave[600:700] = 1.0
    wave[100:150] = 1.0
    assert torch.equal(loudest(wave, 100), wave[600:700])
    assert loudest(wave, 0) is wave
    assert loudest(wave, 1000) is wave


def two(small, **rules):
    return replace(small, engine="exact", source=SourceRules(count=2, second_db=(3.0, 3.0), **rules))


def test_two_sources_overlap_at_their_levels(small):
    configuration = two(small)
    scene, drawn = rendered(configuration, 1), drawn_scene(configuration, 1)
    sounds = [
        soundfile.read(f"{configuration.recordings}/{scene.row[name]}")[0] for name in ("recording", "recording_2")
    ]
    assert scene.row["recording"] == "Rain/1.wav" != scene.row["recording_2"]
    assert scene.row["level_2_db"] == 3
    sounds[1] *= np.sqrt(10**0.3 * (sounds[0] ** 2).mean() / (sounds[1] ** 2).mean())
    responses = ENGINES["exact"]().responses([drawn.scene], 8000)[0].numpy()
    expected = sum(
        np.stack([np.convolve(sound, row) for row in rows]) for sound, rows in zip(sounds, responses, strict=True)
    ).T
    expected *= configuration.peak / np.abs(expected).max()
    audio, _ = soundfile.read(io.BytesIO(scene.audio), always_2d=True)
    assert np.abs(audio - expected).max() < 1.1 / 32768


def test_the_first_source_does_not_depend_on_the_second(small):
    alone, together = rendered(replace(small, engine="exact")).row, rendered(two(small)).row
    assert all(alone[name] == together[name] for name in ("azimuth_deg", "distance_m", "drr_db", "width_m", "seed"))
    assert alone["recording_2"] == alone["azimuth_2_deg"] == ""
    assert together["azimuth_2_deg"] != together["azimuth_deg"]


def test_both_sources_are_in_the_labels(small):
    scene = rendered(two(small), 1)
    lines = [[int(x) for x in line.split(",")] for line in scene.dcase.splitlines()]
    assert [line[0] for line in lines] == [0, 0, 1, 1, 2, 2]
    assert [line[2] for line in lines] == [0, 1] * 3
    for line in lines[:2]:
        other = "_2" if line[2] else ""
        assert line[3] == round(scene.row[f"azimuth{other}_deg"])
        assert line[1] == ["Rain", "Wind"].index(scene.row[f"label{other}"])


def test_a_source_that_moves(small):
    configuration = replace(small, source=SourceRules(moving=1.0, speed_m_s=(2.0, 2.0), spacing_m=0.1))
    scene, drawn = rendered(configuration, 1), drawn_scene(configuration, 1)
    row = scene.row
    begin, end = ([row[f"{what}_{axis}_m"] for axis in "xyz"] for what in ("source", "end"))
    assert begin == pytest.approx(drawn.scene.sources[0].tolist(), abs=1e-4)
    assert math.dist(begin, end) == pytest.approx(2.0 * 0.25, abs=1e-3)  # a recording of 0.25 s
    assert row["speed_m_s"] == pytest.approx(2.0)
    azimuths = [int(line.split(",")[3]) for line in scene.dcase.splitlines()]
    centre = drawn.scene.microphones.centre
    for frame, azimuth in enumerate(azimuths):
        x, y, _ = (drawn.ways[0].at(torch.tensor([0.1 * frame + 0.05]))[0] - centre).tolist()
        assert azimuth == round(math.degrees(math.atan2(y, x)))
    assert min(azimuths) <= row["azimuth_deg"] + 1
    assert row["azimuth_deg"] - 1 <= max(azimuths)
    still = rendered(replace(configuration, source=SourceRules()), 1).row
    assert still["end_x_m"] == still["source_x_m"] == row["source_x_m"]
    assert still["speed_m_s"] == 0


def test_levels_of_silence(small, sounds):
    soundfile.write(sounds / "Rain" / "0.wav", np.zeros(2000), 8000)
    assert math.isfinite(rendered(two(small), 0).row["gain_db"])
