from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lightning_sepcl.audio.mel import hz_to_mel
from lightning_sepcl.report.pictures import BANDS, LOW_HZ, log_mel
from lightning_sepcl.report.separation_picture import (
    RANGE_DB,
    Spectrogram,
    columns_for,
    save_separation,
    separation_figure,
    spectrogram,
)
from tests.fakes.tone import tone


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(size=samples).astype(np.float32)


@pytest.mark.parametrize("samples", [2, 399, 400, 401, 16000, 40321])
def test_frame_by_frame_it_is_the_log_mel_of_the_other_pictures(samples):
    wave = noise(samples)
    found = spectrogram([wave], samples, 16000, columns=10_000)
    np.testing.assert_allclose(10 * np.log10(found.power), log_mel(wave, 16000), atol=1e-6)
    assert found.seconds == samples / 16000


def test_a_column_is_the_mean_of_its_frames():
    wave = noise(16000)  # 98 frames
    every, few = (spectrogram([wave], 16000, 16000, columns) for columns in (98, 14))
    np.testing.assert_allclose(few.power, every.power.reshape(BANDS, 14, 7).mean(2), rtol=1e-9)


@pytest.mark.parametrize("sizes", [[1, 2, 398, 15599], [0, 16000], [5000, 0, 11000], [159] * 100 + [100]])
def test_it_does_not_matter_in_which_blocks_the_wave_arrives(sizes):
    wave = noise(16000)
    blocks = np.split(wave, np.cumsum(sizes)[:-1])
    whole = spectrogram([wave], 16000, 16000, 50)
    np.testing.assert_allclose(spectrogram(blocks, 16000, 16000, 50).power, whole.power, rtol=1e-9)


def test_a_tone_lies_where_its_frequency_is():
    found = spectrogram([tone(2000, 1.0, 16000)], 16000, 16000)
    low, high = hz_to_mel(LOW_HZ), hz_to_mel(8000.0)
    expected = (hz_to_mel(2000.0) - low) / (high - low) * (BANDS + 1) - 1
    assert found.power.mean(1).argmax() == pytest.approx(expected, abs=1)


def made(separators, channels, seconds=4.0, rate=16000):
    columns = columns_for(1 + separators * channels)

    def one(seed):
        return spectrogram([noise(round(seconds * rate), seed)], round(seconds * rate), rate, columns)

    return one(0), {f"step{i}": [one(1 + i + j) for j in range(channels)] for i in range(separators)}


def panels(figure):
    return [axis for axis in figure.axes if axis.get_visible() and axis.get_title(loc="left")]


def test_every_panel_has_its_name_and_the_same_scales():
    recording, separated = made(2, 3)
    figure = separation_figure(recording, separated, "dog.wav")
    names = [axis.get_title(loc="left") for axis in panels(figure)]
    assert sorted(names) == sorted(["recording", *(f"step{i}, channel {j}" for i in range(2) for j in (1, 2, 3))])
    assert {(axis.get_xlim(), axis.get_ylim()) for axis in panels(figure)} == {
        ((0.0, 4.0), (float(hz_to_mel(50.0)), float(hz_to_mel(8000.0))))
    }
    assert {image.get_clim() for axis in panels(figure) for image in axis.images} == {(-RANGE_DB, 0)}
    assert [axis.get_xlabel() for axis in panels(figure)].count("time (s)") == 2
    assert figure.get_suptitle() == "dog.wav"
    assert figure.get_supylabel() == "frequency (kHz)"
    assert max(image.get_array().max() for image in panels(figure)[0].images) == 0


def test_separators_of_other_rates_and_numbers_of_channels_stand_side_by_side():
    recording, (eight,) = made(1, 1)[0], made(1, 2, rate=8000)[1].values()
    figure = separation_figure(recording, {"a": [recording], "b": eight}, "")
    assert len(panels(figure)) == 4
    tops = {axis.get_title(loc="left"): axis.images[0].get_extent()[3] for axis in panels(figure)}
    assert tops["b, channel 1"] == pytest.approx(float(hz_to_mel(4000.0)))
    assert tops["a, channel 1"] == pytest.approx(float(hz_to_mel(8000.0)))


def test_a_long_recording_counts_minutes():
    recording, _ = made(1, 1)
    long = Spectrogram(recording.power, 1200.0, 16000)
    last = panels(separation_figure(long, {"a": [long]}, ""))[-1]
    assert (last.get_xlabel(), last.get_xlim()) == ("time (min)", (0.0, 20.0))


@pytest.mark.parametrize(("separators", "channels"), [(1, 2), (1, 8), (4, 2), (4, 4)])
def test_even_noise_is_a_small_picture(separators, channels, tmp_path):
    save_separation(tmp_path / "a.png", *made(separators, channels, seconds=6.0), "noise.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").stat().st_size < 300_000
    with Image.open(tmp_path / "a.png") as picture:
        assert min(picture.size) > 500


def test_silence_is_drawn(tmp_path):
    silent = spectrogram([np.zeros(100, np.float32)], 100, 16000)
    save_separation(tmp_path / "a.png", silent, {"a": [silent, silent]}, "silence")
    with Image.open(tmp_path / "a.png") as picture:
        place = picture.width // 2, picture.height // 5  # within the recording's panel
        assert max(picture.convert("RGB").getpixel(place)) < 8
