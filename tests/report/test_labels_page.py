"""The page of a separated recording: pictures, words and players in one file."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.report import labels_page
from lightning_sepcl.report.labels_page import LabelledSound, label_figure, write_labels_page
from lightning_sepcl.report.separation_picture import Scale, spectrogram
from tests.fakes.tone import tone

RATE = 8000


def sound(name, hz, seconds=1.0, labels=("bell", "rain"), loud=1.0):
    wave = np.asarray(tone(hz, seconds, RATE), np.float32) * loud
    tracks = {label: np.linspace(0, 1, 20, dtype=np.float32) for label in labels}
    return LabelledSound(name, spectrogram([wave], len(wave), RATE), tracks, f"{name} told", wave, RATE)


def played(page):
    """The sounds in a page: (samples, rate) each."""
    coded = re.findall(r'src="data:audio/[a-z]+;base64,([^"]+)"', page)
    return [sf.read(io.BytesIO(base64.b64decode(one))) for one in coded]


def test_it_holds_everything_and_loads_nothing(tmp_path):
    path = tmp_path / "page.html"
    sounds = [sound("recording", 440), sound("channel <1>", 440, loud=0.5), sound("channel 2", 880, loud=0.25)]
    write_labels_page(path, "dog & bell.wav", sounds, ["2 channels", "at 8 kHz"])
    page = path.read_text(encoding="utf-8")
    assert "dog &amp; bell.wav" in page
    assert "channel &lt;1&gt; told" in page
    assert page.count("<svg") == 3
    assert page.count("<audio") == 3
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_players_keep_the_levels_of_the_channels_to_each_other(tmp_path):
    path = tmp_path / "page.html"
    write_labels_page(path, "x", [sound("recording", 440), sound("channel 1", 440, loud=0.25)], [])
    (whole, _), (channel, rate) = played(path.read_text(encoding="utf-8"))
    assert rate == RATE
    assert len(whole) == RATE
    assert np.abs(whole).max() / np.abs(channel).max() == pytest.approx(4, rel=0.05)


def test_long_recordings_are_heard_from_their_beginning(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    monkeypatch.setattr(labels_page, "LENGTHS_SECONDS", (2.0, 1.0))
    monkeypatch.setattr(labels_page, "SOUND_BYTES", 60_000)
    write_labels_page(path, "x", [sound("recording", 440, 3.0)], [])
    page = path.read_text(encoding="utf-8")
    ((wave, rate),) = played(page)
    held = float(re.search(r"Players hold the first ([0-9.]+) s", page)[1])
    assert held in (1.0, 2.0)
    assert len(wave) == held * rate
    monkeypatch.setattr(labels_page, "SOUND_BYTES", 10)
    write_labels_page(path, "x", [sound("recording", 440, 3.0)], [])
    assert "<audio" not in path.read_text(encoding="utf-8")


def test_a_row_for_each_label_from_dark_to_bright():
    one = sound("channel 1", 440)
    figure = label_figure(one, Scale(one.seen, RATE))
    _, below = figure.axes
    assert [tick.get_text() for tick in below.get_yticklabels()] == ["bell", "rain"]
    (image,) = below.images
    assert image.get_clim() == (0, 1)
    np.testing.assert_allclose(image.get_array(), np.stack([np.linspace(0, 1, 20)] * 2), atol=1e-6)


def test_a_sound_without_labels_is_drawn_too(tmp_path):
    silent = sound("recording", 440, labels=(), loud=0.0)
    write_labels_page(tmp_path / "page.html", "x", [silent], [])
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<svg") == 1
