from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.audio.silence import cut_silence
from tests.fakes.tone import tone

RATE, FRAME, FADE = 16000, 160, 32


def steady(frames, value=0.25):
    return np.full((1, frames * FRAME), value, np.float32)


def silence(frames):
    return np.zeros((1, frames * FRAME), np.float32)


def test_what_is_between_two_sounds_goes():
    wave = np.concatenate([silence(5), steady(30), silence(40), steady(20), silence(7)], axis=1)
    left = cut_silence(wave, RATE)
    assert left.shape == (1, 50 * FRAME - FADE)
    assert np.allclose(left, 0.25, atol=1e-6)  # a cross-fade of equal values is that value


def test_a_seam_has_no_click():
    wave = np.concatenate([steady(30, 0.5), silence(10), steady(30, -0.5)], axis=1)
    steps = np.abs(np.diff(cut_silence(wave, RATE)))
    assert steps.max() <= 1.0 / FADE + 1e-6


def test_a_clip_without_silence_is_untouched():
    wave = tone(440, 1.0, RATE)[None]
    assert cut_silence(wave, RATE) is wave


@pytest.mark.parametrize("loud_frames", [0, 1, 19])
def test_a_clip_of_which_too_little_is_left_is_untouched(loud_frames):
    wave = np.concatenate([steady(loud_frames), silence(100)], axis=1)
    assert np.array_equal(cut_silence(wave, RATE), wave)


@pytest.mark.parametrize(("level_db", "stays"), [(-79, True), (-81, False)])
def test_the_floor_is_where_it_is_said_to_be(level_db, stays):
    wave = np.concatenate([steady(30), steady(30, 10 ** (level_db / 20))], axis=1)
    assert (cut_silence(wave, RATE, floor_db=-80.0).shape == wave.shape) == stays


def test_one_sounding_microphone_keeps_the_frame_for_all():
    one, other = np.concatenate([steady(30), silence(30)], axis=1), np.concatenate([silence(30), steady(30)], axis=1)
    wave = np.concatenate([one, other])
    assert np.array_equal(cut_silence(wave, RATE), wave)


def test_a_short_last_frame_counts_by_its_own_length():
    wave = np.concatenate([steady(30), silence(10), steady(1)[:, :50]], axis=1)
    assert cut_silence(wave, RATE).shape == (1, 30 * FRAME + 50 - FADE)


def test_a_clip_of_one_sample_is_untouched():
    wave = np.zeros((1, 1), np.float32)
    assert cut_silence(wave, RATE) is wave
