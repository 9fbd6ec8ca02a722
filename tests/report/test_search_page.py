from __future__ import annotations

import numpy as np

from lightning_sepcl.report.search_page import SOUND_BYTES, Sound, write_search_page
from tests.report.test_write import checked


def sound(name="birds/a <b>.wav", seconds=3.0, score=0.5, heard=True):
    wave = np.random.default_rng(0).uniform(-0.3, 0.3, round(seconds * 16000)).astype(np.float32)
    return Sound(name, 10.0, 10.0 + seconds, score, wave if heard else None, 16000)


def test_the_example_and_what_was_found(tmp_path):
    write_search_page(
        tmp_path / "a.html", sound("q.wav", score=None), [sound(), sound("c.wav", score=-0.25)], "3 files"
    )
    page, text = checked(tmp_path / "a.html"), (tmp_path / "a.html").read_text()
    assert page.tags.count("audio") == page.tags.count("img") == 3
    for words in (
        "Sounds like q.wav",
        "3 files",
        ">example<",
        "<b>0.500</b>",
        "<b>-0.250</b>",
        "10.0 – 13.0 s",
        ">birds<",
    ):
        assert words in text
    assert "<b>.wav" not in text
    assert "loudest" not in text
    assert "not found" not in text


def test_many_long_sounds_stay_small(tmp_path):
    write_search_page(tmp_path / "a.html", sound(score=None), [sound(seconds=30.0)] * 60, "60 files")
    assert (tmp_path / "a.html").stat().st_size < SOUND_BYTES * 1.4
    assert "Of longer stretches the loudest" in (tmp_path / "a.html").read_text()


def test_nothing_found_and_recordings_that_are_gone(tmp_path):
    write_search_page(tmp_path / "a.html", sound(score=None), [], "1 file")
    assert "<h2>Found</h2>" not in (tmp_path / "a.html").read_text()
    write_search_page(tmp_path / "a.html", sound(score=None), [sound(heard=False)], "1 file")
    assert "1 of 2 recordings were not found and cannot be heard" in (tmp_path / "a.html").read_text()
