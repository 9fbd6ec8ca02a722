from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.audio.level import amplitude_to_db, db_to_amplitude, rms, to_float


def test_int16_has_full_scale_one():
    wave = to_float(torch.tensor([[-32768, 0, 32767, 1]], dtype=torch.int16))
    assert wave.dtype == torch.float32
    assert wave.tolist() == [[-1.0, 0.0, 32767 / 32768, 1 / 32768]]


def test_every_int16_survives_the_way_there_and_back():
    every = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16)
    assert torch.equal((to_float(every) * 32768).to(torch.int16), every)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_floats_pass_through(dtype):
    wave = torch.randn(3, 1, 5, dtype=dtype)
    assert to_float(wave) is wave


def test_other_integers_are_refused():
    with pytest.raises(ValueError, match="int32"):
        to_float(torch.zeros(1, 1, 2, dtype=torch.int32))


def test_rms_of_a_sine_is_its_amplitude_over_root_two():
    sine = 0.4 * torch.sin(2 * torch.pi * 50 * torch.arange(16000) / 16000)
    assert rms(sine).item() == pytest.approx(0.4 / np.sqrt(2), rel=1e-5)


def test_rms_over_several_axes():
    x = torch.tensor([[[3.0, -3.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert torch.equal(rms(x, dim=(1, 2)), torch.tensor([5.0**0.5, 0.0]))
    assert rms(x, dim=(1, 2), keepdim=True).shape == (2, 1, 1)
    assert torch.allclose(rms(x), x.square().mean(-1).sqrt())


@settings(deadline=None, derandomize=True)
@given(db=st.floats(-120, 120))
def test_decibels_there_and_back(db):
    there = db_to_amplitude(torch.tensor([db], dtype=torch.float64))
    assert there.item() == pytest.approx(10 ** (db / 20), rel=1e-12)
    assert amplitude_to_db(there).item() == pytest.approx(db, abs=1e-9)


def test_no_amplitude_is_minus_infinity():
    assert amplitude_to_db(torch.zeros(1)).item() == -float("inf")
