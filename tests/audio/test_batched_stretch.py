from __future__ import annotations

import pytest
import torch

from lightning_sepcl.audio.batched_stretch import stretched_together
from lightning_sepcl.audio.phase_vocoder import stretch

RATES = [0.125, 0.31, 0.5, 0.9, 1.0, 1.37, 2.0, 3.0, 8.0]


@pytest.mark.parametrize("samples", [1, 2, 3, 255, 511, 512, 513, 1025, 4000, 16384])
@pytest.mark.parametrize("hop", [64, 512])
def test_the_same_as_one_example_after_the_other(samples, hop):
    wave = 0.1 * torch.randn(len(RATES), 2, samples, generator=torch.Generator().manual_seed(samples))
    expected = stretch(wave, torch.tensor(RATES, dtype=torch.float64), hop)
    torch.testing.assert_close(stretched_together(wave, RATES, hop), expected, atol=1e-6, rtol=0)


def test_silence_within_a_wave_and_a_microphone_that_is_dead():
    wave = 0.1 * torch.randn(3, 2, 6000, generator=torch.Generator().manual_seed(0))
    wave[0], wave[1, 0], wave[2, :, 2000:4000] = 0, 0, 0
    rates = [0.7, 0.7, 1.3]
    found = stretched_together(wave, rates, 128)
    torch.testing.assert_close(found, stretch(wave, torch.tensor(rates, dtype=torch.float64), 128), atol=1e-6, rtol=0)
    assert not found[0].any()
    assert not found[1, 0].any()


def test_an_example_is_the_same_alone():
    wave = 0.1 * torch.randn(3, 1, 5000, generator=torch.Generator().manual_seed(1))
    together, alone = stretched_together(wave, [0.4, 1.0, 5.0], 128), stretched_together(wave[2:], [5.0], 128)
    torch.testing.assert_close(together[2:], alone, atol=1e-6, rtol=0)


def test_gradients_are_those_of_the_loop():
    waves = [
        (0.1 * torch.randn(2, 2, 3000, generator=torch.Generator().manual_seed(2))).double().requires_grad_()
        for _ in range(2)
    ]
    stretched_together(waves[0], [0.8, 1.7], 64).square().sum().backward()
    stretch(waves[1], torch.tensor([0.8, 1.7], dtype=torch.float64), 64).square().sum().backward()
    torch.testing.assert_close(waves[0].grad, waves[1].grad, atol=1e-9, rtol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_agrees_with_the_processor():
    """In double precision: in single, the phase of a bin that is nearly silent is rounding alone."""
    wave = 0.1 * torch.randn(4, 2, 16000, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    rate = torch.tensor([0.5, 0.8, 1.0, 1.5], dtype=torch.float64)
    torch.testing.assert_close(
        stretch(wave.cuda(), rate.cuda(), 512).cpu(), stretch(wave, rate, 512), atol=1e-6, rtol=0
    )
