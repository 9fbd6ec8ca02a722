from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lightning_sepcl.evaluation.baselines import LogMelStatistics
from lightning_sepcl.evaluation.callback import Evaluation
from lightning_sepcl.features.log_mel import LogMel

RATE = 4000
FEATURE = {"bins": 8, "low_hz": 60.0, "high_hz": 1900.0}


def statistics() -> LogMelStatistics:
    return LogMelStatistics(LogMel(**FEATURE), RATE)


def noise(n: int, seconds: float, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(n, 1, int(seconds * RATE), generator=torch.Generator().manual_seed(seed))


def lengths(*samples: int) -> Tensor:
    return torch.tensor(samples, dtype=torch.int64)


def test_statistics_are_torchs_own_over_the_clips_frames() -> None:
    wave = noise(2, 2.5)
    baseline = statistics()
    x = baseline.feature(wave)[:, 0]  # (n, band, frame)
    found = baseline(wave, lengths(10000, 10000))
    mean, std = x.mean(2), x.std(2, correction=0)
    everything = [mean, std, x.amax(2), x.diff(dim=2).std(2, correction=0)]
    assert torch.allclose(found["log-mel mean"], mean, atol=1e-5)
    assert torch.allclose(found["log-mel mean+std"], torch.cat([mean, std], 1), atol=1e-5)
    assert torch.allclose(found["log-mel mean+std+max+delta std"], torch.cat(everything, 1), atol=1e-5)
    patches = [F.normalize(x[:, :, s : s + 96].transpose(1, 2).flatten(1), dim=1) for s in (0, 96)]
    assert torch.allclose(found["log-mel patch mean"], sum(patches) / 2, atol=1e-6)


def test_a_clip_padded_in_a_batch_is_the_clip_alone() -> None:
    wave, samples = noise(3, 3.0), (12000, 7013, 4100)
    for i, length in enumerate(samples):
        wave[i, :, length:] = 0
    together = statistics()(wave, lengths(*samples))
    for i, length in enumerate(samples):
        alone = statistics()(wave[i : i + 1, :, :length], lengths(length))
        for name, h in alone.items():
            assert torch.allclose(h[0], together[name][i], atol=1e-5), name


def test_a_clip_shorter_than_a_patch_is_repeated() -> None:
    wave = noise(1, 0.5)
    x = statistics().feature(wave)[0, 0].T
    expected = F.normalize(x.repeat(10, 1)[:96].flatten(), dim=0)
    assert torch.allclose(statistics()(wave, lengths(2000))["log-mel patch mean"][0], expected, atol=1e-6)


@pytest.mark.parametrize("samples", [1, 99, 100])
def test_a_clip_shorter_than_a_frame_is_finite(samples: int) -> None:
    for h in statistics()(noise(1, 1.0)[..., :samples], lengths(samples)).values():
        assert h.isfinite().all()


def test_silence_gives_the_offsets_logarithm_and_no_deviation() -> None:
    found = statistics()(torch.zeros(1, 1, RATE), lengths(RATE))
    floor = torch.full((1, 8), math.log(0.01))
    assert torch.allclose(found["log-mel mean+std+max+delta std"], torch.cat([floor, 0 * floor, floor, 0 * floor], 1))


def test_every_microphone_has_its_own_statistics() -> None:
    baseline = LogMelStatistics(LogMel(channels=2, **FEATURE), RATE)
    wave = torch.cat([noise(2, 1.0), noise(2, 1.0, seed=1)], 1)
    both = baseline(wave, lengths(RATE, RATE))["log-mel mean"]
    single = [statistics()(wave[:, m : m + 1], lengths(RATE, RATE))["log-mel mean"] for m in (0, 1)]
    assert torch.allclose(both, torch.cat(single, 1), atol=1e-5)


def test_the_rate_of_the_data_makes_the_filters() -> None:
    told, asked = LogMelStatistics(LogMel(**FEATURE)), LogMelStatistics(LogMel(**FEATURE), RATE)
    Evaluation(baselines=[told], sample_rate=RATE)
    wave, length = torch.randn(2, 1, RATE, generator=torch.Generator().manual_seed(0)), torch.tensor([RATE, RATE])
    for name, h in asked(wave, length).items():
        assert torch.equal(told(wave, length)[name], h)
    with pytest.raises(ValueError, match=f"LogMelStatistics has sample_rate {RATE}, the data come at 44100 Hz"):
        Evaluation(baselines=[asked], sample_rate=44100)
