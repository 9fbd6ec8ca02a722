from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from lightning_sepcl.features.three_channel import ThreeChannel

GOLDEN = Path(__file__).parent.parent / "golden" / "clar"
PUBLISHED = np.load(GOLDEN / "features.npz")
WAVE = torch.from_numpy(np.load(GOLDEN / "waves.npz")["x"])[None, None]
both = pytest.mark.parametrize("variant", ["paper", "code"])


def prepared(variant: str, rate: int = 16000) -> ThreeChannel:
    feature = ThreeChannel(variant)
    feature.prepare(rate)
    return feature


def angle_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(np.angle(np.exp(1j * (a.astype(np.float64) - b))))


def test_code_is_the_published_code():
    magnitude, phase, mel = prepared("code")(WAVE)[0].numpy()
    np.testing.assert_allclose(mel, PUBLISHED["logmel"], atol=3e-4)
    # Deep between the partials, at -70 dB, float32 leaves 0.005 dB uncertain.
    difference = np.abs(magnitude - PUBLISHED["logmag"])
    assert np.quantile(difference, 0.95) < 2e-4
    assert difference.max() < 0.01
    assert angle_between(phase, PUBLISHED["phase"]).max() < 1e-3


def test_paper_is_librosas_transform():
    wave = WAVE[0, 0].double().numpy()
    # A window of 256 at the beginning of an FFT of 512, where librosa would centre it: so the frames are given to it.
    framed = librosa.util.frame(np.pad(wave, 128, mode="reflect"), frame_length=256, hop_length=128).T
    window = librosa.filters.get_window("hann", 256)
    short, long = np.fft.rfft(framed * window).T, np.fft.rfft(framed * window, n=512).T
    magnitude, phase, mel = prepared("paper")(WAVE)[0].numpy()
    assert magnitude.shape == (128, 126)
    np.testing.assert_allclose(magnitude, librosa.amplitude_to_db(np.abs(short[1:]), amin=1e-5, top_db=None), atol=0.05)
    clear = np.abs(short[1:]) > 1e-2
    assert angle_between(phase, np.angle(short[1:]))[clear].max() < 1e-3
    bands = librosa.filters.mel(sr=16000, n_fft=512, n_mels=128, fmin=40, fmax=8000, norm=1)
    theirs = librosa.power_to_db(bands @ np.abs(long) ** 2, amin=1e-10, top_db=None)
    np.testing.assert_allclose(mel, theirs, atol=1e-2)


@both
def test_a_row_of_a_batch_is_the_clip_alone(variant):
    feature, wave = prepared(variant), 0.1 * torch.randn(20, 1, 9000)
    batch = feature(wave)
    for row in (0, 1, 14, 19):
        alone = feature(wave[row : row + 1])[0]
        torch.testing.assert_close(batch[row, ::2], alone[::2], atol=2e-3, rtol=0)
        assert np.quantile(angle_between(batch[row, 1].numpy(), alone[1].numpy()), 0.999) < 1e-3


@both
def test_what_it_says_of_its_framing_is_true(variant):
    feature = prepared(variant)
    assert (feature.channels, feature.bins, feature.frame_rate) == (3, 128, 125)
    assert feature.num_frames(0) == 0
    for frames in (1, 2, 10, 126):
        samples = feature.num_samples(frames)
        assert feature.num_frames(samples) == frames
        assert feature.num_frames(samples - 1) == frames - 1 or samples == 1
        assert feature(torch.randn(1, 1, samples)).shape == (1, 3, 128, frames)


@both
@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_a_tone_is_loudest_where_it_belongs_at_any_rate(variant, rate):
    tone = 0.5 * torch.sin(2 * torch.pi * 1500 * torch.arange(rate).double() / rate).float()[None, None]
    magnitude, _, mel = prepared(variant, rate)(tone)[0, :, :, 20:-20]
    at = int(magnitude.mean(-1).argmax())
    hz = 40 * (min(8000, rate / 2) / 40) ** (at / 128) if variant == "code" else (at + 1) * rate / 256
    assert hz == pytest.approx(1500, rel=0.05)
    centres = librosa.mel_frequencies(130, fmin=40, fmax=min(8000, rate / 2))[1:-1]
    assert centres[int(mel.mean(-1).argmax())] == pytest.approx(1500, rel=0.05)


@pytest.mark.parametrize(("variant", "floors"), [("paper", (-100, -100)), ("code", (-100, -60))])
def test_silence_lies_on_the_floors(variant, floors):
    magnitude, phase, mel = prepared(variant)(torch.zeros(1, 1, 3000))[0]
    torch.testing.assert_close(magnitude, torch.full_like(magnitude, floors[0]))
    torch.testing.assert_close(mel, torch.full_like(mel, floors[1]))
    assert not phase.any()


@both
@pytest.mark.parametrize("samples", [1, 100, 129, 1024])
def test_the_shortest_waves(variant, samples):
    assert torch.isfinite(prepared(variant)(torch.ones(2, 1, samples))).all()


@both
def test_gradients_and_autocast(variant):
    wave = (0.1 * torch.randn(3, 1, 2000)).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        out = prepared(variant)(wave)
    assert out.dtype == torch.float32
    out[:, ::2].sum().backward()
    assert torch.isfinite(wave.grad).all()
    torch.testing.assert_close(prepared(variant)(wave.detach()).cos(), out.detach().cos(), atol=0.05, rtol=0)


@both
def test_tables_follow_the_module_but_not_the_checkpoint(variant):
    feature = prepared(variant).to("meta")
    assert all(buffer.is_meta for buffer in feature.buffers())
    assert not feature.state_dict()


@both
def test_bands_in_groups_are_one_product(variant):
    feature = prepared(variant)
    power = torch.rand(2, 5, feature.fft_samples // 2 + 1)
    torch.testing.assert_close(feature._bands(power), torch.matmul(power, feature.mel))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="prepare"):
        ThreeChannel()(torch.zeros(1, 1, 100))
    with pytest.raises(ValueError, match="one microphone"):
        prepared("paper")(torch.zeros(1, 2, 100))
    with pytest.raises(ValueError, match="too low"):
        prepared("paper", 50)


@pytest.mark.parametrize("variant", ["paper", "code"])
@pytest.mark.parametrize("samples", [1, 2, 100])
def test_the_shortest_clips_and_constants_are_finite(variant, samples):
    feature = ThreeChannel(variant)
    feature.prepare(16000)
    for wave in (torch.zeros(2, 1, samples), torch.full((2, 1, samples), -0.7)):
        out = feature(wave)
        assert out.shape == (2, 3, 128, 1)
        assert out.isfinite().all()
