from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest

from lightning_sepcl.audio.slaney import hz_to_slaney_mel, slaney_filterbank, slaney_mel_to_hz

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "features.npz")


def test_scale_is_librosas_both_ways():
    hz = np.array([0.0, 40.0, 999.0, 1000.0, 1001.0, 7999.0])
    np.testing.assert_allclose(hz_to_slaney_mel(hz), librosa.hz_to_mel(hz), rtol=1e-12)
    np.testing.assert_allclose(slaney_mel_to_hz(hz_to_slaney_mel(hz)), hz, rtol=1e-12)


@pytest.mark.parametrize(("rate", "n_fft", "bins"), [(16000, 512, 128), (44100, 2048, 96), (22050, 1024, 40)])
def test_bands_are_librosas(rate, n_fft, bins):
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bins, fmin=40, fmax=8000, norm=1)
    np.testing.assert_allclose(slaney_filterbank(rate, n_fft, bins, 40.0, 8000.0).numpy().T, theirs, atol=1e-6)


def test_bands_are_those_of_the_published_code():
    np.testing.assert_allclose(slaney_filterbank(16000, 2048, 128, 40.0, 8000.0).numpy().T, GOLDEN["mel"], atol=1e-6)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="13 of 128 mel bands"):
        slaney_filterbank(16000, 256, 128, 40.0, 8000.0)
    with pytest.raises(ValueError, match="half the sample rate"):
        slaney_filterbank(8000, 512, 40, 40.0, 8000.0)
