from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.audio.framing import crop, frames


@settings(deadline=None, derandomize=True)
@given(samples=st.integers(1, 60), window=st.integers(1, 20), hop=st.integers(1, 25))
def test_frames_are_what_a_loop_cuts(samples, window, hop):
    wave = torch.randn(2, samples)
    expected = [wave[:, s : s + window] for s in range(0, samples - window + 1, hop)]
    if not expected:
        with pytest.raises(ValueError, match="shorter than one frame"):
            frames(wave, window, hop)
    else:
        assert torch.equal(frames(wave, window, hop), torch.stack(expected, 1))


def test_frames_copy_nothing():
    wave = torch.zeros(100)
    assert frames(wave, 10, 3).data_ptr() == wave.data_ptr()


@pytest.mark.parametrize("dtype", [torch.int16, torch.float32])
def test_crops_are_what_a_loop_cuts(dtype):
    wave = torch.randint(-100, 100, (7, 3, 50)).to(dtype)
    start = torch.tensor([0, 38, 5, 5, 17, 30, 1])
    out = crop(wave, start, 12)
    assert out.dtype == dtype
    assert torch.equal(out, torch.stack([w[:, s : s + 12] for w, s in zip(wave, start.tolist(), strict=True)]))


@pytest.mark.parametrize("start", [-1, 9])
def test_a_crop_beyond_the_wave_is_refused(start):
    with pytest.raises(ValueError, match="beyond"):
        crop(torch.zeros(1, 1, 10), torch.tensor([start]), 2)


def test_a_crop_longer_than_the_wave_is_refused():
    with pytest.raises(ValueError, match="11 samples"):
        crop(torch.zeros(1, 1, 10), torch.tensor([0]), 11)
