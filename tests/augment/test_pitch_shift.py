from __future__ import annotations

import numpy as np
import pytest
import torch

from lightning_sepcl.augment.pitch_shift import PitchShift


def prepared(*args, **kwargs) -> PitchShift:
    plugin = PitchShift(*args, **kwargs)
    plugin.prepare(16000)
    return plugin


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_each_example_moves_by_its_own_semitones(rate):
    plugin = PitchShift()
    plugin.prepare(rate)
    semitones = torch.tensor([-12.0, -3.5, 0.0, 4.0, 11.0])
    tone = torch.sin(2 * torch.pi * 400 * torch.arange(rate).double() / rate).float().expand(5, 1, -1)
    out = plugin.apply(tone, {"semitones": semitones})[:, 0].double()
    peak = torch.fft.rfft(out * torch.hann_window(rate, dtype=torch.float64), n=16 * rate).abs().argmax(-1) / 16
    cents = 1200 * torch.log2(peak / 400) - 100 * semitones
    assert cents.abs().max() < 8  # a step of the spectrum is 0.06 Hz, at 200 Hz half a cent


def test_semitones_of_both_variants():
    shape = torch.Size((30_000, 1, 1))
    real = PitchShift().draw(shape, torch.Generator().manual_seed(0))["semitones"]
    assert ((torch.histc(real, 30, -15, 15) - 1000).abs() < 5 * 1000**0.5).all()
    whole = PitchShift(variant="code").draw(shape, torch.Generator().manual_seed(0))["semitones"]
    counts = torch.bincount((whole + 15).long())
    assert torch.equal(whole, whole.round())
    assert (float(whole.min()), float(whole.max()), len(counts)) == (-15, 14, 30)
    assert ((counts - 1000).abs() < 5 * 1000**0.5).all()


def test_the_ends_of_the_range_work():
    out = prepared(-36.0, 36.0).apply(torch.randn(2, 1, 4000), {"semitones": torch.tensor([-36.0, 36.0])})
    assert torch.isfinite(out).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="36 semitones"):
        PitchShift(-40.0, 0.0)
    with pytest.raises(ValueError, match="whole semitones"):
        PitchShift(-0.5, 3.0, variant="code")
    with pytest.raises(ValueError, match="64 samples"):
        prepared(window_seconds=0.001)
    with pytest.raises(RuntimeError, match="prepare"):
        PitchShift().apply(torch.zeros(1, 1, 9), {"semitones": torch.zeros(1)})
    assert np.isfinite(prepared(3.0, 3.0)(torch.ones(1, 1, 1), torch.Generator())).all()
