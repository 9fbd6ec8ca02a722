from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.augment.pitch_shift import PitchShift
from lightning_sepcl.augment.time_stretch import TimeStretch

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "waves.npz")


def stretched(x: torch.Tensor, rates: list[float], **settings) -> torch.Tensor:
    plugin = TimeStretch(**settings)
    plugin.prepare(16000)
    return plugin.apply(x, {"rate": torch.tensor(rates)})


def tone(hz: float = 440.0) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(16000).double() / 16000).float()[None, None]


def pitch(wave: torch.Tensor) -> float:
    window = torch.hann_window(len(wave), dtype=torch.float64)
    return float(torch.fft.rfft(wave.double() * window, n=160_000).abs().argmax()) / 10


def test_each_example_has_its_own_rate_and_is_cut_or_filled_with_silence():
    x = torch.from_numpy(GOLDEN["x"]).expand(2, 1, -1)
    out = stretched(x, [0.8, 1.5])
    np.testing.assert_allclose(out[0, 0, :14000], GOLDEN["stretch_0.8"][:14000], atol=2e-3)
    np.testing.assert_allclose(out[1, 0, :9600], GOLDEN["stretch_1.5"][:9600], atol=2e-3)
    assert not out[1, 0, 10667:].any()


def test_paper_keeps_the_pitch():
    out = stretched(tone().expand(3, -1, -1), [0.5, 0.8, 1.5])
    for row, samples in zip(out[:, 0], (16000, 16000, 10667), strict=True):
        assert pitch(row[:samples]) == pytest.approx(440, abs=0.3)


def test_code_divides_the_pitch_by_the_rate_and_keeps_the_tempo():
    """440 Hz at the rates 0.5, 0.8 and 1.5 were measured as 880.0, 550.0 and 293.3 Hz with the published function."""
    out = stretched(tone().expand(3, -1, -1), [0.5, 0.8, 1.5], variant="code")
    for row, hz in zip(out[:, 0], (880.0, 550.0, 293.3), strict=True):
        assert 1200 * abs(np.log2(pitch(row) / hz)) < 4
        assert row[-2000:].abs().max() > 0.5
    shift = PitchShift()
    shift.prepare(16000)
    x = torch.from_numpy(GOLDEN["x"])[None, None]
    torch.testing.assert_close(stretched(x, [0.5], variant="code"), shift.apply(x, {"semitones": torch.tensor([12.0])}))


def test_rates_are_uniform():
    rate = TimeStretch().draw(torch.Size((20_000, 1, 1)), torch.Generator().manual_seed(0))["rate"]
    assert ((torch.histc(rate, 10, 0.5, 1.5) - 2000).abs() < 5 * 2000**0.5).all()


def test_a_wave_is_never_stretched_to_nothing():
    out = stretched(torch.ones(2, 1, 3), [8.0, 0.125], low_rate=0.125, high_rate=8.0)
    assert out[0, 0, 0] > 0
    assert not out[0, 0, 1:].any()
    assert torch.isfinite(out).all()


def test_what_cannot_be_is_refused():
    for rates in ((0.0, 1.0), (0.5, 100.0)):
        with pytest.raises(ValueError, match=r"within 1/8\.\.8"):
            TimeStretch(*rates)
    with pytest.raises(ValueError, match="low_rate"):
        TimeStretch(1.5, 0.5)
    with pytest.raises(RuntimeError, match="prepare"):
        TimeStretch().apply(torch.zeros(1, 1, 9), {"rate": torch.ones(1)})


@pytest.mark.parametrize("variant", ["paper", "code"])
@pytest.mark.parametrize("samples", [1, 2, 5, 40])
def test_rates_that_leave_less_than_a_sample_of_a_short_clip(samples, variant):
    """A sample at a rate of 8 would last an eighth of one."""
    plugin = TimeStretch(1 / 8, 8.0, window_seconds=0.008, variant=variant)
    plugin.prepare(16000)
    for wave in (torch.zeros(3, 2, samples), torch.full((3, 2, samples), -0.7), torch.randn(3, 2, samples)):
        before = wave.clone()
        out = plugin.apply(wave, {"rate": torch.tensor([1 / 8, 1.0, 8.0])})
        assert out.shape == wave.shape
        assert out.isfinite().all()
        assert torch.equal(wave, before)
