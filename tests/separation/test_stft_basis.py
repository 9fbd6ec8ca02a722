"""The STFT basis: scipy's windows, torch's transform of each frame, reconstruction, and the quiet beginning."""

import pytest
import torch

from lightning_sepcl.separation.stft_basis import STFTBasis, synthesis_window


@pytest.mark.parametrize(("window", "fft", "bins"), [(80, 128, 65), (512, 512, 257), (400, 512, 257), (1, 1, 1)])
def test_frames_are_padded_to_the_next_power_of_two(window, fft, bins):
    basis = STFTBasis(window, max(1, window // 4))
    assert (basis.fft_samples, basis.bins) == (fft, bins)


@pytest.mark.parametrize(("window", "hop"), [(80, 40), (512, 128), (90, 40)])
def test_coefficients_equal_a_loop_over_frames(window, hop):
    basis, wave = STFTBasis(window, hop), torch.randn(1000)
    padded = torch.cat([wave, torch.zeros(window)])
    taper = torch.hann_window(window, periodic=True).sqrt()
    got = basis.encode(wave)
    assert got.shape[-1] == -(-1000 // hop)
    for t in (0, 1, got.shape[-1] - 1):
        frame = torch.nn.functional.pad(padded[t * hop :][:window], (0, window))[:window] * taper
        expected = torch.fft.rfft(torch.nn.functional.pad(frame, (0, basis.fft_samples - window)))
        torch.testing.assert_close(got[:, t], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("window", "hop"), [(80, 40), (512, 128), (90, 40), (63, 9)])
@pytest.mark.parametrize("samples", [1, 100, 999])
def test_with_zeros_in_front_the_wave_comes_back(window, hop, samples):
    basis, wave = STFTBasis(window, hop, zero_beginning=True), torch.randn(2, 3, samples)
    torch.testing.assert_close(basis.decode(basis.encode(wave), samples), wave, atol=2e-6, rtol=0)


def test_without_them_the_beginning_is_quieter_as_published():
    basis, wave = STFTBasis(512, 128), torch.ones(1, 1000)
    gain = basis.decode(basis.encode(wave), 1000)[0]
    assert gain[10].item() == pytest.approx(0.0019, abs=1e-4)
    assert gain[100].item() == pytest.approx(0.17, abs=5e-3)
    assert (gain[384:] - 1).abs().max() < 1e-5


@pytest.mark.parametrize(("samples", "frames", "led"), [(16000, 125, 128), (160000, 1250, 1253), (7777, 61, 64)])
def test_frame_counts_are_the_published_ones(samples, frames, led):
    assert STFTBasis(512, 128).num_frames(samples) == frames
    assert STFTBasis(512, 128, zero_beginning=True).num_frames(samples) == led
    assert STFTBasis(80, 40).num_frames(16000) == 400


def test_the_windows_product_overlaps_to_one():
    window = torch.hann_window(90).double().sqrt()
    products = torch.nn.functional.pad(window * synthesis_window(window, 40), (0, 30)).reshape(3, 40)
    torch.testing.assert_close(products.sum(0), torch.ones(40, dtype=torch.float64))


def test_magnitude_has_a_gradient_at_silence():
    basis, wave = STFTBasis(80, 40), torch.zeros(1, 200, requires_grad=True)
    basis.magnitude(basis.encode(wave)).sum().backward()
    assert wave.grad.isfinite().all()


def test_it_has_no_weights_and_nothing_to_save():
    assert not list(STFTBasis().parameters())
    assert not STFTBasis().state_dict()
