from __future__ import annotations

import math
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.audio.mel import mel_filterbank
from lightning_sepcl.features import log_mel as log_mel_module
from lightning_sepcl.features.log_mel import LogMel

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "features" / "vggish_log_mel.npz")


def log_mel(rate: int = 16000, **settings) -> LogMel:
    feature = LogMel(**settings)
    feature.prepare(rate)
    return feature


def golden_wave() -> torch.Tensor:
    return torch.from_numpy(GOLDEN["wave"])[None, None]


@pytest.mark.parametrize(("name", "offset"), [("vggish", 0.01), ("yamnet", 0.001)])
def test_is_the_published_front_end(name, offset):
    ours = log_mel(offset=offset)(golden_wave())[0, 0]
    np.testing.assert_allclose(ours.T.numpy(), GOLDEN[name], atol=2e-5)


def test_long_clips_against_a_slow_float64_transform():
    wave = np.random.default_rng(0).standard_normal(160_000) * 0.1
    ours = log_mel()(torch.from_numpy(wave).float()[None, None])[0, 0].numpy()
    assert ours.shape == (64, 998)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    turn = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(257)) / 512)
    weights = mel_filterbank(16000, 512, 64, 125.0, 7500.0).numpy().astype(np.float64)
    for frame in (0, 100, 500, 997):
        magnitude = np.abs((wave[160 * frame : 160 * frame + 400] * hann) @ turn)
        np.testing.assert_allclose(ours[:, frame], np.log(magnitude @ weights + 0.01), atol=2e-5)


def test_differs_from_librosa_only_by_the_flanks_of_the_bands():
    padded = np.pad(GOLDEN["wave"], (56, 56))  # librosa centres the window of 400 within the FFT of 512
    stft = np.abs(librosa.stft(padded, n_fft=512, hop_length=160, win_length=400, center=False))
    ours = log_mel()(golden_wave())[0, 0].numpy()
    same_bands = mel_filterbank(16000, 512, 64, 125.0, 7500.0).numpy().T
    np.testing.assert_allclose(ours, np.log(same_bands @ stft + 0.01), atol=5e-5)
    straight_over_hz = librosa.filters.mel(sr=16000, n_fft=512, n_mels=64, fmin=125, fmax=7500, htk=True, norm=None)
    difference = np.abs(ours - np.log(straight_over_hz @ stft + 0.01))
    # Seen: 0.0105 at most, 0.0017 on average.
    assert 0.005 < difference.max() < 0.015
    assert difference.mean() < 0.003


def test_power_is_the_square_of_the_magnitudes():
    stft = np.abs(
        librosa.stft(np.pad(GOLDEN["wave"], (56, 56)), n_fft=512, hop_length=160, win_length=400, center=False)
    )
    expected = np.log(mel_filterbank(16000, 512, 64, 125.0, 7500.0).numpy().T @ stft**2 + 0.01)
    np.testing.assert_allclose(log_mel(power=2.0)(golden_wave())[0, 0].numpy(), expected, atol=2e-4)


def test_what_it_says_of_its_framing_is_true():
    feature = log_mel()
    assert (feature.num_samples(96), feature.num_frames(15600), feature.num_frames(15599)) == (15600, 96, 95)
    assert (feature.frame_rate, feature.channels, feature.bins) == (100, 1, 64)
    assert feature.num_frames(399) == 0
    for samples in (400, 401, 559, 560, 5000):
        assert feature(torch.zeros(1, 1, samples)).shape == (1, 1, 64, feature.num_frames(samples))


@pytest.mark.parametrize(("rate", "window", "fft"), [(16000, 400, 512), (22050, 551, 1024), (44100, 1102, 2048)])
def test_seconds_become_samples_at_any_rate(rate, window, fft):
    feature = log_mel(rate)
    assert (feature.window, feature.fft_samples) == (window, fft)
    assert feature(torch.randn(1, 1, feature.num_samples(5))).shape == (1, 1, 64, 5)


def test_silence_is_the_logarithm_of_the_offset():
    out = log_mel(offset=0.25)(torch.zeros(2, 1, 2000))
    assert torch.equal(out, torch.full_like(out, math.log(0.25)))


def test_a_shift_by_hops_shifts_the_frames():
    feature, wave = log_mel(), torch.randn(1, 1, 8000)
    whole, later = feature(wave), feature(wave[..., 3 * 160 :])
    torch.testing.assert_close(whole[..., 3:], later, atol=1e-5, rtol=0)


def test_a_row_of_a_batch_is_the_clip_alone():
    feature, wave = log_mel(), torch.randn(20, 1, 15600)  # more than fit into one part
    batch = feature(wave)
    for row in (0, 7, 8, 19):
        torch.testing.assert_close(batch[row : row + 1], feature(wave[row : row + 1]), atol=1e-5, rtol=0)


def test_each_microphone_is_a_channel():
    one, two, wave = log_mel(), log_mel(channels=2), torch.randn(3, 2, 4000)
    expected = torch.cat([one(wave[:, :1]), one(wave[:, 1:])], 1)
    torch.testing.assert_close(two(wave), expected, atol=1e-5, rtol=0)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(gain=st.floats(0.01, 100))
def test_bands_are_linear_in_the_amplitude(gain):
    feature, wave = log_mel(), torch.randn(1, 1, 1200, generator=torch.Generator().manual_seed(0))
    band = feature(wave).exp() - 0.01
    torch.testing.assert_close(feature(wave * gain).exp() - 0.01, band * gain, rtol=1e-3, atol=1e-4)


def test_a_tone_is_loudest_in_its_band():
    feature = log_mel()
    for hz in (300, 1000, 4000):
        tone = torch.sin(2 * torch.pi * hz * torch.arange(4000) / 16000)[None, None]
        loudest = int(feature(tone).mean(3).argmax())
        centres = mel_filterbank(16000, 512, 64, 125.0, 7500.0).argmax(0) * 16000 / 512
        assert abs(float(centres[loudest]) - hz) < 0.08 * hz


def test_autocast_does_not_coarsen_it():
    feature, wave = log_mel(), torch.randn(2, 1, 4000)
    with torch.autocast("cpu", torch.bfloat16):
        inside = feature(wave)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, feature(wave))


def test_half_precision_waves_give_float32():
    wave = torch.randn(1, 1, 4000).to(torch.bfloat16)
    assert torch.equal(log_mel()(wave), log_mel()(wave.float()))


def test_gradients_reach_the_wave_and_silence_too():
    wave = torch.cat([torch.randn(1, 1, 800), torch.zeros(1, 1, 800)]).requires_grad_()
    log_mel()(wave).sum().backward()
    assert torch.isfinite(wave.grad).all()
    assert wave.grad[0].abs().sum() > 0


def test_tables_follow_the_module_but_not_the_checkpoint():
    feature = log_mel().to("meta")
    assert feature.hann.is_meta
    assert feature.weights.is_meta
    assert not feature.state_dict()


def test_bands_above_half_the_rate_are_refused():
    with pytest.raises(ValueError, match="7500 Hz do not fit below half the sample rate of 8000"):
        log_mel(8000)


def test_what_else_cannot_be_is_refused():
    with pytest.raises(ValueError, match="n_fft"):
        log_mel(n_fft=256)
    with pytest.raises(ValueError, match="prepare"):
        LogMel()(torch.zeros(1, 1, 400))
    with pytest.raises(ValueError, match="offset"):
        LogMel(offset=0.0)
    with pytest.raises(ValueError, match="`channels` is 1, but the wave has 2"):
        log_mel()(torch.zeros(1, 2, 400))
    with pytest.raises(ValueError, match="shorter than one frame"):
        log_mel()(torch.zeros(1, 1, 399))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same():
    wave = torch.randn(20, 1, 15600)
    torch.testing.assert_close(log_mel().cuda()(wave.cuda()).cpu(), log_mel()(wave), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("clips", "mics", "samples"), [(1, 1, 40_000), (5, 2, 3000), (3, 1, 9000)])
def test_in_whatever_parts_it_is_computed_it_is_the_same(monkeypatch, clips, mics, samples):
    """Parts of a few frames, of several clips, and of clips that are cut into parts of unequal length."""
    feature = log_mel(channels=mics)
    wave = 0.1 * torch.randn(clips, mics, samples)
    expected = feature(wave.clone().requires_grad_()).detach()
    for points in (512, 512 * 7, 512 * 40, 1 << 19):
        monkeypatch.setattr(log_mel_module, "CPU_PART_POINTS", points)
        torch.testing.assert_close(feature(wave), expected, atol=2e-5, rtol=1e-5)
