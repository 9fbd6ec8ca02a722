from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch

from lightning_sepcl.augment.noise import Noise

RATE = 16000


def noise_of(plugin: Noise, x: torch.Tensor, seed: int = 0, **given: float) -> tuple[torch.Tensor, dict]:
    plugin.prepare(RATE)
    params = plugin.draw(x.shape, torch.Generator().manual_seed(seed))
    params |= {name: torch.full((len(x),), value) for name, value in given.items()}
    return plugin.apply(x, params) - x, params


def tone(n: int, samples: int, mics: int = 1) -> torch.Tensor:
    return 0.5 * torch.sin(torch.arange(samples) * 0.1).expand(n, mics, samples).clone()


@pytest.mark.parametrize("samples", [15600, 15601, 977])
def test_ratio_is_the_drawn_one(samples):
    x = torch.randn(16, 2, samples) * torch.logspace(-3, 0, 16)[:, None, None]
    noise, params = noise_of(Noise(-5.0, 40.0, -3.0, 2.0), x)
    ratio = 10 * torch.log10(x.square().mean((1, 2)) / noise.square().mean((1, 2)))
    torch.testing.assert_close(ratio, params["snr_db"], atol=0.02, rtol=0)


@pytest.mark.parametrize("slope", [0.0, -1.0, -2.0, 1.0])
def test_spectrum_has_the_drawn_slope(slope):
    noise, _ = noise_of(Noise(), tone(8, 40_000), slope=slope)
    hz, power = scipy.signal.welch(noise[:, 0].numpy().astype(np.float64), RATE, nperseg=1024)
    used = (hz > 100) & (hz < 7500)
    measured = np.polyfit(np.log(hz[used]), np.log(power.mean(0)[used]), 1)[0]
    assert measured == pytest.approx(slope, abs=0.05)


def test_nothing_below_the_lowest_frequency():
    noise, _ = noise_of(Noise(low_hz=200.0), tone(2, 16000), slope=-2.0)
    power = torch.fft.rfft(noise.double()).abs().square().sum((0, 1))  # one bin per Hz
    assert power[:200].sum() < 1e-8 * power.sum()
    assert power[200] > 0.001 * power.sum()


def test_white_noise_is_gaussian_and_uncorrelated():
    noise, _ = noise_of(Noise(), tone(16, 15600), slope=0.0, snr_db=10.0)
    unit = (noise / noise.std()).flatten().double().numpy()
    assert abs((unit**4).mean() - 3) < 0.05
    assert abs((unit**3).mean()) < 0.02
    # within an example the spectrum is flat but for 50 Hz, so neighbours are nearly independent
    assert abs((unit[1:] * unit[:-1]).mean()) < 0.02


def test_microphones_and_examples_hear_different_noise_of_equal_power():
    noise, _ = noise_of(Noise(), tone(3, 15600, mics=2), slope=0.0, snr_db=10.0)
    each = noise.flatten(0, 1)
    correlation = torch.corrcoef(each) - torch.eye(6)
    assert correlation.abs().max() < 0.05
    torch.testing.assert_close(each.square().mean(1) / each.square().mean(), torch.ones(6), atol=1e-3, rtol=0)


def test_the_level_counts_over_all_microphones():
    x = tone(1, 8000, mics=2)
    x[:, 1] = 0
    noise, _ = noise_of(Noise(), x, snr_db=0.0)
    torch.testing.assert_close(noise.square().mean(), x.square().mean(), rtol=1e-3, atol=0)


@pytest.mark.parametrize("samples", [1, 2, 3, 4, 50])
def test_the_shortest_waves_stay_finite(samples):
    noise, _ = noise_of(Noise(), torch.ones(2, 1, samples))
    assert torch.isfinite(noise).all()


def test_silence_gets_no_noise():
    noise, _ = noise_of(Noise(), torch.zeros(2, 1, 1000))
    assert not noise.any()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="snr_db"):
        Noise(low_snr_db=10.0, high_snr_db=0.0)
    with pytest.raises(ValueError, match="low_slope"):
        Noise(low_slope=1.0)
    with pytest.raises(ValueError, match="low_hz"):
        Noise(low_hz=8000.0).prepare(RATE)
