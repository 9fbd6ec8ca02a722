from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from lightning_sepcl.audio.stft import hann, overlap_add, stft


@pytest.mark.filterwarnings("ignore:n_fft=64 is too large")  # librosa, of waves shorter than a frame
@pytest.mark.parametrize(("samples", "hop"), [(1, 16), (63, 16), (64, 16), (5000, 512), (16000, 100)])
def test_is_torchs_and_librosas_transform(samples, hop):
    wave = torch.randn(2, samples)
    ours = stft(wave, hop)
    assert ours.shape == (2, 1 + samples // hop, 2 * hop + 1)
    torchs = torch.stft(wave, 4 * hop, hop, window=torch.hann_window(4 * hop), pad_mode="constant", return_complex=True)
    torch.testing.assert_close(ours, torchs.transpose(1, 2), atol=1e-4, rtol=0)
    librosas = librosa.stft(wave[0].double().numpy(), n_fft=4 * hop, hop_length=hop)
    np.testing.assert_allclose(ours[0].T, librosas, atol=1e-4)


@pytest.mark.parametrize(("samples", "hop"), [(1, 16), (17, 16), (40, 16), (300, 32), (5000, 512), (16000, 512)])
def test_there_and_back_is_the_wave(samples, hop):
    wave = torch.randn(2, samples)
    back = overlap_add(torch.fft.irfft(stft(wave, hop), n=4 * hop), samples)
    torch.testing.assert_close(back, wave, atol=1e-4, rtol=0)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 30])
def test_any_frames_give_what_librosa_makes_of_them(count):
    spectra = torch.randn(1, count, 65, dtype=torch.complex64)
    spectra[..., [0, -1]] = spectra[..., [0, -1]].real.to(spectra.dtype)
    samples = (count - 1) * 32 + 1
    theirs = librosa.istft(spectra[0].T.numpy(), hop_length=32, n_fft=128, length=samples)
    ours = overlap_add(torch.fft.irfft(spectra, n=128), samples)
    np.testing.assert_allclose(ours[0], theirs, atol=1e-5)


def test_silence_behind_the_last_frame():
    out = overlap_add(torch.randn(1, 3, 64), 500)
    assert out.shape == (1, 500)
    assert not out[:, 5 * 16 :].any()


def test_a_window_made_in_inference_mode_can_be_trained_with():
    hann.cache_clear()
    with torch.inference_mode():
        stft(torch.randn(1, 100), 16)
    wave = torch.randn(1, 100, requires_grad=True)
    stft(wave, 16).abs().sum().backward()
    assert torch.isfinite(wave.grad).all()
