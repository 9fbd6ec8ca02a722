from __future__ import annotations

import os
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from lightning_sepcl.audio.gcc_phat import microphone_pairs
from lightning_sepcl.augment.channel_swap import orders
from lightning_sepcl.features import LogMelGCC
from tests.fakes.rooms import far_field
from tests.pyramic import heard, measured

PAIRS = microphone_pairs(4)


def prepared(rate=16000, **settings):
    feature = LogMelGCC(**settings)
    feature.prepare(rate)
    return feature


def peak_lags(features, mics):
    """(pair,) the lag at which the mean over the inner frames is largest."""
    lags = features[0, mics:, :, 3:-3].mean(-1)
    return lags.argmax(1) - lags.shape[1] // 2


def delayed(samples, length=8000, seed=0):
    """(1, 2, sample): microphone 1 hears noise so many samples later than microphone 0."""
    noise = 0.1 * torch.randn(length + 100, generator=torch.Generator().manual_seed(seed))
    return torch.stack([noise[50 : 50 + length], noise[50 - samples : 50 - samples + length]])[None]


@pytest.mark.parametrize("samples", [0, 1, 7, -13, 40])
def test_a_pure_delay_peaks_at_its_lag(samples):
    """The second of the pair hears later: a negative lag by the paper's equation, a positive one by DCASE's."""
    assert peak_lags(prepared(microphones=2)(delayed(samples)), 2).tolist() == [-samples]
    assert peak_lags(prepared(microphones=2, sign="second_later")(delayed(samples)), 2).tolist() == [samples]


def test_it_is_the_definition_frame_by_frame():
    """Eq. 1 written as it stands, in double precision."""
    feature, wave = prepared(), 0.1 * torch.randn(1, 4, 4000, generator=torch.Generator().manual_seed(0))
    out = feature(wave)[0, 4:].double().numpy()
    hamming = np.hamming(481)[:-1]
    for frame in (0, 2, 9, 25):
        padded = np.pad(wave[0].double().numpy(), ((0, 0), (240, 240)))
        spectra = np.fft.rfft(padded[:, frame * 160 : frame * 160 + 480] * hamming, 1024)
        for row, (i, j) in enumerate(PAIRS):
            cross = spectra[i] * spectra[j].conj()
            gcc = np.fft.irfft(cross / np.abs(cross), 1024)
            np.testing.assert_allclose(out[row, :, frame], np.r_[gcc[-48:], gcc[:48]], atol=2e-4)


def test_log_mel_is_librosas():
    feature, wave = prepared(offset=1e-10), 0.1 * torch.randn(1, 4, 4000, generator=torch.Generator().manual_seed(1))
    bands = librosa.filters.mel(sr=16000, n_fft=1024, n_mels=96, fmin=50, fmax=8000, norm=1)
    window = librosa.filters.get_window("hamming", 480)
    padded = np.pad(wave[0, 2].numpy(), 240)
    framed = librosa.util.frame(padded, frame_length=480, hop_length=160).T * window / np.sqrt((window**2).sum())
    power = np.abs(np.fft.rfft(framed, 1024)) ** 2
    np.testing.assert_allclose(feature(wave)[0, 2].numpy(), np.log(power @ bands.T + 1e-10).T, atol=2e-3)


def test_sizes_are_those_of_the_paper():
    feature = prepared()
    assert (feature.channels, feature.bins, feature.num_frames(16000), feature.num_samples(101)) == (10, 96, 101, 16000)
    assert feature(torch.randn(2, 4, 16000)).shape == (2, 10, 96, 101)
    assert feature.channel_groups == (4, 6)
    dcase = prepared(24000, window_seconds=0.04, hop_seconds=0.02, bins=64, low_hz=0.0, sign="second_later")
    assert dcase(torch.randn(1, 4, 24000)).shape == (1, 10, 64, 51)


@pytest.mark.parametrize("samples", [1, 159, 160, 161, 4000])
def test_frames_are_as_many_as_told(samples):
    feature = prepared(microphones=2)
    assert feature(torch.randn(1, 2, samples)).shape[3] == feature.num_frames(samples)
    assert feature.num_frames(feature.num_samples(7)) == 7


def test_all_lags_lie_within_the_size_of_the_array():
    """A far source at 20°: every pair's lag follows from where its microphones are."""
    lags = peak_lags(prepared()(far_field(20.0, 8000, 0, radius=0.5)[None]), 4)
    at = np.deg2rad(90 * np.arange(4) - 20)
    arrival = -0.5 * np.cos(at) / 343 * 16000
    expected = [arrival[i] - arrival[j] for i, j in PAIRS]
    assert np.abs(lags.numpy() - expected).max() <= 0.51


def test_swapped_microphones_are_swapped_channels():
    """Mel channels move along; a pair whose order turns round has its lags turned round."""
    feature, x = prepared(), far_field(50.0, 4000, 3)[None] + 0.01 * torch.randn(1, 4, 4000)
    whole = feature(x)[0]
    for order in orders(4).tolist():
        swapped = feature(x[:, order])[0]
        torch.testing.assert_close(swapped[:4], whole[:4][order])
        for row, (i, j) in enumerate(PAIRS):
            a, b = order[i], order[j]
            old = whole[4 + PAIRS.index((min(a, b), max(a, b)))]
            if a > b:
                old = old.flip(0).roll(1, 0)
            torch.testing.assert_close(swapped[4 + row, 1:], old[1:], atol=1e-4, rtol=0)  # lag -48 has no mirror image


def test_silence_and_loudness():
    feature = prepared(microphones=2)
    silent = feature(torch.zeros(1, 2, 3000))
    assert torch.equal(silent[:, 2:], torch.zeros_like(silent[:, 2:]))
    torch.testing.assert_close(silent[:, :2], torch.full_like(silent[:, :2], np.log(1e-8)))
    x = 0.1 * torch.randn(1, 2, 3000)
    torch.testing.assert_close(feature(x)[:, 2:], feature(x / 50)[:, 2:], atol=2e-3, rtol=0)


def test_a_row_of_a_batch_is_the_clip_alone():
    feature, x = prepared(), 0.1 * torch.randn(3, 4, 2000)
    torch.testing.assert_close(feature(x)[1], feature(x[1:2])[0])


@pytest.mark.parametrize("settings", [
    {}, {"sign": "second_later", "bins": 65, "n_fft": 512},
    {"microphones": 18, "bins": 65, "n_fft": 512},
    {"microphones": 18, "bins": 65, "n_fft": 512, "sign": "second_later"},
])  # fmt: skip
def test_both_ways_of_computing_agree(settings):
    """Also where lags and frames reach around the end of their transforms."""
    feature, x = prepared(**settings), 0.1 * torch.randn(2, settings.get("microphones", 4), 3333)
    torch.testing.assert_close(feature(x), feature(x.clone().requires_grad_()).detach(), atol=1e-4, rtol=1e-4)


def test_a_gradient_reaches_the_wave():
    x = (0.1 * torch.randn(1, 4, 1000)).requires_grad_()
    prepared()(x).square().mean().backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"microphones": 1}, "directions need 2 or more"),
        ({"offset": 0.0}, "must be above 0"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        LogMelGCC(**settings)


def test_what_does_not_fit_together():
    with pytest.raises(ValueError, match="no less than the other two"):
        prepared(n_fft=256)
    with pytest.raises(ValueError, match="the wave has 2"):
        prepared()(torch.zeros(1, 2, 1000))
    with pytest.raises(ValueError, match="call prepare"):
        LogMelGCC()(torch.zeros(1, 4, 1000))


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the pack of spatial recordings")
def test_ears_of_a_dummy_head_hear_the_nearer_side_first():
    """MIT KEMAR, measured: azimuth counter-clockwise, so that 90° is left. The left ear is microphone 0."""
    pack = np.load(Path(os.environ["SEPCL_DATA"]) / "spatial" / "kemar" / "kemar_horizontal.npz")
    rate = int(pack["fs"])
    feature = prepared(rate, microphones=2, n_fft=4096, window_seconds=0.012, high_hz=3000.0, bins=96)
    noise = torch.randn(rate // 2, generator=torch.Generator().manual_seed(0))
    found = {}
    for azimuth, response in zip(pack["azimuth_deg"].tolist(), torch.from_numpy(pack["ir"]).float(), strict=True):
        size = 1 << (len(noise) + response.shape[-1]).bit_length()
        ears = torch.fft.irfft(torch.fft.rfft(noise, size) * torch.fft.rfft(response, size), size)[:, : len(noise)]
        found[round(azimuth) % 360] = int(peak_lags(feature(ears[None]), 2)[0]) / rate * 1e6
    for azimuth in (30, 60, 90):
        assert found[azimuth] == pytest.approx({30: -272, 60: -519, 90: -706}[azimuth], abs=60)  # µs
        assert found[azimuth] == pytest.approx(-found[360 - azimuth], abs=60)
    assert abs(found[0]) < 30


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the pack of spatial recordings")
def test_delays_measured_at_a_real_array_are_found_and_signed():
    """Pyramic: lags of all pairs are the differences of the measured arrivals, positive where the first hears later."""
    rate, array = 16000, measured([0, 7, 15, 23, 31, 47], every=15)
    feature = prepared(rate, microphones=6)
    sides = set()
    for number, arrival in enumerate(array.arrival):
        lags = peak_lags(feature(heard(arrival, rate, 8000, number)[None]), 6)
        expected = np.array([(arrival[i] - arrival[j]) * rate for i, j in microphone_pairs(6)])
        assert np.abs(lags.numpy() - expected).max() <= 0.6
        apart = np.abs(expected) > 0.6
        assert (np.sign(lags.numpy()) == np.sign(expected))[apart].all()
        sides |= {(pair, np.sign(lag)) for pair, lag in enumerate(expected) if abs(lag) > 2}
    assert len(sides) > 20  # most pairs heard sound from both sides


def test_parts_of_a_clip_leave_no_seam(monkeypatch):
    feature, x = prepared(), 0.1 * torch.randn(1, 4, 5000)
    whole = feature(x)
    monkeypatch.setattr("lightning_sepcl.features.log_mel_gcc.PART_SAMPLES", 1 << 14)
    torch.testing.assert_close(feature(x), whole)
