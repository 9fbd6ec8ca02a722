from __future__ import annotations

import io

import numpy as np
from PIL import Image

from lightning_sepcl.report.strips import strips
from tests.fakes.tone import tone


def brightness(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"), np.float64)


def test_a_tone_is_a_line_at_its_height():
    low, high = (brightness(*strips([tone(hz, 1.0, 16000)], 16000)) for hz in (200, 4000))
    assert low.shape[0] == 128
    assert low.mean(1).argmax() > 100 > 50 > high.mean(1).argmax()  # rows count from above


def test_a_group_shares_one_scale():
    wave = tone(1000, 1.0, 16000)
    loud, quiet, silent = map(brightness, strips([wave, 0.03 * wave, 0 * wave], 16000))
    assert loud.max() > quiet.max() + 50
    assert silent.max() < 5
    assert brightness(*strips([0.03 * wave], 16000)).max() > quiet.max() + 50


def test_long_and_empty_waves_have_a_picture():
    assert brightness(*strips([tone(1000, 60.0, 8000)], 8000)).shape == (128, 480)
    assert brightness(*strips([np.zeros(3, np.float32)], 8000)).shape[0] == 128
