from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from lightning_sepcl.audio.phase_vocoder import hop_samples, hops, shift_pitch, stretch

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "waves.npz")
RATE, HOP = 16000, 512


def tone(hz: float, samples: int = RATE) -> torch.Tensor:
    return 0.5 * torch.sin(2 * torch.pi * hz * torch.arange(samples, dtype=torch.float64) / RATE).float()


def chirp(low: float, high: float, samples: int = RATE) -> torch.Tensor:
    t = torch.arange(samples, dtype=torch.float64) / RATE
    return 0.5 * torch.sin(2 * torch.pi * (low * t + (high - low) * t**2 * RATE / (2 * samples))).float()


def stretched(wave: torch.Tensor, *rates: float) -> torch.Tensor:
    return stretch(wave.expand(len(rates), 1, -1), torch.tensor(rates, dtype=torch.float64), HOP)[:, 0]


def shifted(wave: torch.Tensor, *semitones: float) -> torch.Tensor:
    factor = torch.exp2(torch.tensor(semitones, dtype=torch.float64) / 12)
    return shift_pitch(wave.expand(len(semitones), 1, -1), factor, HOP)[:, 0]


def pitch(wave: torch.Tensor) -> float:
    """Hz, by the highest peak of a spectrum with steps of 0.015 Hz."""
    spectrum = torch.fft.rfft(wave.double() * torch.hann_window(len(wave), dtype=torch.float64), n=1 << 20).abs()
    return float(spectrum.argmax()) * RATE / (1 << 20)


def magnitudes(wave: object) -> np.ndarray:
    return np.abs(librosa.stft(np.asarray(wave, dtype=np.float32), n_fft=1024))


def unlike(ours: object, theirs: object) -> float:
    """Difference of magnitudes, relative; phases of a vocoder are arbitrary in part."""
    a, b = magnitudes(ours), magnitudes(theirs)
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_stretches_like_librosa_in_the_stored_vectors():
    out = stretched(torch.from_numpy(GOLDEN["x"]), 0.8, 1.5)
    assert unlike(out[0], GOLDEN["stretch_0.8"][:RATE]) < 1e-3
    theirs = GOLDEN["stretch_1.5"]
    assert unlike(out[1, : len(theirs)], theirs) < 0.01  # the last frames differ: librosa sees silence behind them
    np.testing.assert_allclose(out[1, : len(theirs) - 1024], theirs[:-1024], atol=5e-4)
    assert not out[1, len(theirs) :].any()


@pytest.mark.parametrize("rate", [0.5, 0.63, 0.9, 1.0, 1.1, 1.37, 1.5, 2.0])
def test_stretches_like_librosa(rate):
    # Noise, in which every bin has a phase of its own. A pure chirp has none in most bins, and rounding decides there.
    wave = 0.1 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    theirs = librosa.effects.time_stretch(wave.numpy(), rate=rate)[:RATE]
    ours = stretched(wave, rate)[0, : len(theirs)]
    assert unlike(ours[:-2048], theirs[:-2048]) < 1e-3
    assert unlike(ours, theirs) < 0.015


def test_shifts_like_librosa_in_loudness_and_colour():
    wave = torch.from_numpy(GOLDEN["x"])
    for row, name in zip(shifted(wave, 3, -4), ("pitch_+3", "pitch_-4"), strict=True):
        ours, theirs = magnitudes(row), magnitudes(GOLDEN[name])
        assert np.linalg.norm(ours) == pytest.approx(np.linalg.norm(theirs), rel=0.01)
        spectra = ours.mean(1), theirs.mean(1)
        assert np.linalg.norm(spectra[0] - spectra[1]) < 0.08 * np.linalg.norm(spectra[1])
        envelopes = ours.sum(0), theirs.sum(0)
        assert np.corrcoef(*envelopes)[0, 1] > 0.98


@pytest.mark.parametrize("hz", [110.0, 440.0, 1000.0])
def test_a_tone_moves_by_the_semitones_and_no_further(hz):
    semitones = [-15.0, -7.3, -4.0, -0.41, 0.0, 0.5, 2.6, 7.0, 12.0, 15.0]
    for row, steps in zip(shifted(tone(hz), *semitones), semitones, strict=True):
        assert abs(1200 * np.log2(pitch(row) / hz) - 100 * steps) < 5
        inner = row[2048:-2048]
        theirs = torch.from_numpy(librosa.effects.pitch_shift(tone(hz).numpy(), sr=RATE, n_steps=steps))[2048:-2048]
        assert float(inner.norm()) == pytest.approx(float(theirs.norm()), rel=0.03)


def test_a_tone_keeps_its_pitch_when_stretched():
    rates = [0.5, 0.7, 1.0, 1.3, 1.5]
    for row, rate in zip(stretched(tone(440), *rates), rates, strict=True):
        assert abs(1200 * np.log2(pitch(row[: round(RATE / max(rate, 1))]) / 440)) < 1


def test_a_chirp_keeps_its_duration_when_shifted_and_not_when_stretched():
    def centre(wave: torch.Tensor, at: float) -> float:
        """Hz, over a tenth of a second about `at` seconds."""
        part = wave[round((at - 0.05) * RATE) : round((at + 0.05) * RATE)].double()
        power = torch.fft.rfft(part * torch.hann_window(len(part), dtype=torch.float64)).abs().square()
        return float((power * torch.arange(len(power))).sum() / power.sum()) * 10

    wave = chirp(500, 1000)
    for at in (0.3, 0.5, 0.7):
        hz = 500 + 500 * at
        assert centre(shifted(wave, 5)[0], at) == pytest.approx(hz * 2 ** (5 / 12), rel=0.03)
        assert centre(stretched(wave, 0.5)[0], at) == pytest.approx(500 + 250 * at, rel=0.03)
    # Twice as fast, a vocoder without peak tracking leads the chirp by 5 %: librosa does so to the same Hz.
    theirs = torch.from_numpy(librosa.effects.time_stretch(wave.numpy(), rate=2.0))
    assert centre(stretched(wave, 2.0)[0], 0.25) == pytest.approx(centre(theirs, 0.25), rel=1e-3)


def test_nothing_is_changed_by_nothing():
    wave = torch.from_numpy(GOLDEN["x"])
    torch.testing.assert_close(stretched(wave, 1.0)[0], wave, atol=2e-6, rtol=0)
    torch.testing.assert_close(shifted(wave, 0.0)[0], wave, atol=2e-6, rtol=0)


def test_no_aliases_when_frequencies_leave_the_range():
    assert float(shifted(tone(6000), 12)[0, 3000:-3000].abs().max()) < 1e-3
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    power = torch.fft.rfft(shifted(noise, -12)[0].double()).abs().square()
    assert power[4100:].sum() < 1e-4 * power.sum()


@pytest.mark.parametrize("semitones", [-9.0, -3.3, 4.0, 11.0])
def test_no_clicks_at_the_edges(semitones):
    wave = tone(330)
    theirs = torch.from_numpy(librosa.effects.pitch_shift(wave.numpy(), sr=RATE, n_steps=semitones))
    ours = shifted(wave, semitones)[0]
    steepest = 0.5 * 2 * torch.pi * 330 * 2 ** (semitones / 12) / RATE
    for edge in (slice(0, 600), slice(-600, None)):
        # Beyond what a tone of that pitch does, only as much as the reference has.
        allowed = max(1.3 * float(steepest), 1.05 * float(theirs[edge].diff().abs().max()))
        assert float(ours[edge].diff().abs().max()) < allowed


@pytest.mark.parametrize("steps", [-6.0, 5.0, 9.0])
def test_a_click_is_smeared_no_more_than_by_librosa(steps):
    """Over clicks at several places between the frames, above a noise at -100 dB that gives every bin a phase."""

    def spread(wave: torch.Tensor, centre: float) -> float:
        power, place = wave.double().square(), torch.arange(len(wave)).double() - centre
        return float((power * place.square()).sum() / power.sum()) ** 0.5

    ours, theirs = [], []
    for at in range(7000, 9100, 300):
        wave = 1e-5 * torch.randn(RATE, generator=torch.Generator().manual_seed(at))
        wave[at] = 1
        other = librosa.effects.pitch_shift(wave.numpy(), sr=RATE, n_steps=steps)
        rate = 2 ** (-steps / 12)
        other_stretch = librosa.effects.time_stretch(wave.numpy(), rate=rate)[:RATE]
        ours.append([spread(shifted(wave, steps)[0], at), spread(stretched(wave, rate)[0], at / rate)])
        theirs.append([spread(torch.from_numpy(y), p) for y, p in ((other, at), (other_stretch, at / rate))])
    # Frames of the shift may be 13 % longer than librosa's.
    assert np.mean(ours, 0)[0] < 1.08 * np.mean(theirs, 0)[0]
    assert np.mean(ours, 0)[1] < 1.01 * np.mean(theirs, 0)[1]


def test_microphones_keep_their_differences_of_phase():
    """A tone that reaches the second microphone a quarter of a period later, and at half the loudness."""
    period = RATE / 400
    first = tone(400, RATE + 10)
    wave = torch.stack([first[10:], 0.5 * first[:RATE]])[None]
    for out, hz in (
        (shift_pitch(wave, torch.tensor([1.25]), HOP)[0], 500),
        (stretch(wave, torch.tensor([0.7]), HOP)[0], 400),
    ):
        spectra = torch.fft.rfft(out[:, 4000:12000].double() * torch.hann_window(8000, dtype=torch.float64))
        a, b = spectra[:, round(hz * 8000 / RATE)]
        assert float((a / b).angle()) == pytest.approx(2 * np.pi * 10 / period, abs=0.02)
        assert float((a / b).abs()) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("semitones", [-5.0, 3.0, 12.0])
def test_a_constant_wavers_as_much_as_librosas(semitones):
    wave = torch.full((RATE,), 0.5)
    theirs = librosa.effects.pitch_shift(wave.numpy(), sr=RATE, n_steps=semitones)
    wavers = float(np.abs(theirs[2048:-2048] - 0.5).max())
    assert float((shifted(wave, semitones)[0, 2048:-2048] - 0.5).abs().max()) < wavers + 1e-3


@pytest.mark.parametrize("samples", [1, 2, 3, 511, 512, 513, 1025])
def test_the_shortest_waves(samples):
    wave = torch.randn(samples)
    for out in (*shifted(wave, -36, -5, 3, 36), *stretched(wave, 0.125, 0.5, 1.0, 1.5, 8.0)):
        assert out.shape == wave.shape
        assert torch.isfinite(out).all()
        assert out.abs().max() < 20
    torch.testing.assert_close(stretched(wave, 1.0)[0], wave, atol=1e-5, rtol=0)


def test_silence_stays_silent_and_sound_behind_it_is_heard():
    wave = torch.zeros(RATE)
    assert not shifted(wave, 3).any()
    wave[9000:] = tone(500)[9000:]
    out = shifted(wave, 4)[0]
    assert float(out[:6000].abs().max()) < 1e-6
    assert float(out[11000:15000].norm()) == pytest.approx(float(wave[11000:15000].norm()), rel=0.15)


def test_gradients_pass():
    wave = torch.randn(2, 1, 3000, requires_grad=True)
    shift_pitch(wave, torch.tensor([0.9, 1.2]), 64).square().sum().backward()
    assert torch.isfinite(wave.grad).all()
    assert (wave.grad.abs().sum((1, 2)) > 0).all()


@pytest.mark.parametrize(("hop", "cents"), [(512, 4.0), (690, 3.0), (128, 9.0)])
def test_pairs_of_hops_give_the_pitch_and_transform_quickly(hop, cents):
    for semitones in np.linspace(-15, 15, 400):
        first, second = hops(2 ** (semitones / 12), hop)
        assert abs(1200 * np.log2(first / second) - 100 * semitones) < cents
        assert hop / 1.13 <= first <= hop * 1.13
        for number in (first, second):
            for prime in (2, 3, 5, 7, 11, 13):
                while number % prime == 0:
                    number //= prime
            assert number == 1
    assert hops(1.0, hop)[0] == hops(1.0, hop)[1]


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="three octaves"):
        hops(9.0, 512)
    with pytest.raises(ValueError, match="64 samples"):
        hop_samples(0.003, 16000)
