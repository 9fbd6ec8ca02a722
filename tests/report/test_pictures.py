from __future__ import annotations

import io

import librosa
import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

from lightning_sepcl.report.pictures import (
    RANGE_DB,
    feature_panel,
    log_mel,
    save_views,
    thumbnail,
    views_figure,
    wave_panel,
)
from lightning_sepcl.report.run_folder import ClipViews


def sine(hz, rate, seconds=1.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("hz", [200, 1000, 3000])
def test_a_tone_lights_up_its_band(hz, rate):
    level = log_mel(sine(hz, rate), rate)
    edges = librosa.mel_frequencies(66, fmin=50, fmax=rate / 2, htk=True)
    assert edges[level.mean(axis=1).argmax()] <= hz <= edges[level.mean(axis=1).argmax() + 2]
    assert level.max() - level.min() <= RANGE_DB + 1e-9


def test_frames_stand_every_10_ms_and_a_click_is_where_it_was():
    wave = np.zeros(16000, np.float32)
    wave[8000] = 1
    level = log_mel(wave, 16000)
    assert level.shape == (64, 98)
    assert level.mean(axis=0).argmax() * 0.01 + 0.0125 == pytest.approx(0.5, abs=0.006)


def test_silence_and_less_than_a_frame():
    assert np.ptp(log_mel(np.zeros(16000, np.float32), 16000)) == 0
    assert log_mel(np.ones(10, np.float32), 16000).shape == (64, 1)


def test_axes_are_in_seconds_and_hz():
    axis = Figure().subplots()
    wave_panel(axis, sine(1000, 16000, 1.5), 16000, "a tone")
    assert axis.get_xlabel() == "time (s)"
    assert axis.get_ylabel() == "frequency (Hz)"
    assert axis.get_xlim() == (0.0, 1.5)
    labels = [t.get_text() for t in axis.get_yticklabels()]
    assert labels == ["250", "500", "1k", "2k", "4k"]
    # 1 kHz is 1000 mel; the axis runs from 50 Hz (77.8 mel) to 8 kHz (2840 mel) on the HTK scale
    assert axis.get_yticks()[2] == pytest.approx((1000 - 77.755) / (2840.02 - 77.755), abs=1e-4)


def test_features_without_a_rate_are_counted_in_frames():
    axis = Figure().subplots()
    feature_panel(axis, np.zeros((40, 30), np.float32))
    assert (axis.get_xlabel(), axis.get_xlim(), axis.get_ylim()) == ("frame", (0.0, 30.0), (0.0, 40.0))


def clip(features=True, rate=16000):
    wave = np.stack([sine(500, 16000), sine(900, 16000)])
    return ClipViews(
        "a/very/long/name/of/a/clip.wav", wave, np.zeros((2, 64, 96), np.float32) if features else None, rate
    )


@pytest.mark.parametrize(("features", "rate", "columns"), [(True, 16000, 4), (False, 16000, 2), (True, 0, 2)])
def test_a_panel_for_each_view(features, rate, columns):
    assert len(views_figure([clip(features, rate)] * 3).axes) == 3 * columns


def test_views_may_be_saved_as_a_picture(tmp_path):
    save_views([clip()], tmp_path / "views.png")
    picture = image.imread(tmp_path / "views.png")
    assert picture.shape[1] > 900
    assert picture[0, 0].tolist() == [1, 1, 1, 1]


def test_thumbnails_are_small():
    content = thumbnail(sine(500, 16000, 4.0), 16000)
    assert image.imread(io.BytesIO(content), format="jpg").shape == (64, 160, 3)
    assert len(content) < 10_000
