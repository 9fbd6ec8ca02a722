"""A front end is known by what it does: rounding passes, any change that an encoder would notice does not."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from lightning_sepcl.audio.framing import frames
from lightning_sepcl.audio.mel import mel_filterbank
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMel, Raw
from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.fingerprint import KEY, difference, fingerprint, probe, refuse_another, sign

RATE = 16000


def of(feature: Feature, rate: int = RATE, standardised: bool = True):
    feature.prepare(rate)
    return fingerprint(feature, rate, standardised)


class Hamming(LogMel):
    """Another window of the same length."""

    def prepare(self, sample_rate: int) -> None:
        super().prepare(sample_rate)
        self.hann = torch.hamming_window(self.window)


class Renamed(LogMel):
    """The same features under another name."""


class Pairs(Feature):
    """Two microphones, and how they agree: three channels from two."""

    channels, bins = 3, 1

    def __init__(self, weight: float = 1.0, secret: float = 1.0) -> None:
        super().__init__()
        self._weight, self._secret = weight, secret

    def prepare(self, sample_rate: int) -> None:
        self.frame_rate = float(sample_rate)

    def num_frames(self, samples: int) -> int:
        return samples

    def num_samples(self, frames: int) -> int:
        return frames

    def forward(self, wave):
        if wave.shape[1] != 2:
            raise ValueError("two microphones, please")
        both = wave[:, :1] * wave[:, 1:] * self._weight * self._secret
        return torch.cat([wave, both], 1)[:, :, None]


class Learned(Raw):
    """A feature with a weight of its own, which training moves."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__(channels)
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, wave):
        return super().forward(wave) * self.gain


class Dithered(Raw):
    def forward(self, wave):
        return super().forward(wave + 0.1 * torch.randn_like(wave))


@pytest.mark.parametrize(
    "changed",
    [
        LogMel(hop_seconds=0.0101),
        LogMel(hop_seconds=0.0102),
        LogMel(window_seconds=0.02506),  # one sample
        LogMel(offset=0.001),
        LogMel(offset=0.0101),
        LogMel(low_hz=60.0),
        LogMel(high_hz=7450.0),
        LogMel(power=2.0),
        LogMel(n_fft=1024),
        LogMel(bins=63),
        Hamming(),
        Raw(),
    ],
    ids=lambda f: type(f).__name__,
)
def test_what_an_encoder_would_notice_is_noticed(changed):
    assert difference(of(LogMel()), of(changed))
    assert difference(of(changed), of(LogMel()))


def test_rounding_passes_by_a_wide_margin():
    """The same features in float64, straight from their definition."""
    single = of(LogMel())
    window = torch.hann_window(400, dtype=torch.float64)
    spectrum = torch.fft.rfft(frames(probe(1, RATE).double(), 400, 160) * window, n=512).abs()
    bands = mel_filterbank(RATE, 512, 64, 125.0, 7500.0).double().T @ spectrum.transpose(-1, -2)
    log_mel = torch.log(bands + 0.01).flatten()
    double = log_mel[torch.linspace(0, len(log_mel) - 1, 512, dtype=torch.float64).round().long()]
    assert (single.values - double).abs().max() < 2e-5 * double.std()  # a fiftieth of the tolerance


def test_threads_and_a_moved_copy_make_no_difference():
    feature = LogMel()
    first = of(feature)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert difference(first, of(LogMel())) is None
    finally:
        torch.set_num_threads(threads)
    assert difference(first, fingerprint(copy.deepcopy(feature), RATE, True)) is None


@pytest.mark.parametrize("same", [LogMel(n_fft=512), LogMel(hop_seconds=0.01001), Renamed()])
def test_settings_that_come_to_the_same_are_the_same(same):
    assert difference(of(LogMel()), of(same)) is None


def test_messages():
    base = of(LogMel())
    assert difference(base, of(LogMel(bins=32))) == (
        "the checkpoint was trained with LogMel at 16000 Hz (1 channel, 64 bins, 100 frames a second), this experiment "
        "has LogMel at 16000 Hz (1 channel, 32 bins, 100 frames a second) (bins was 64 and is 32)"
    )
    assert difference(base, of(LogMel(offset=0.001, low_hz=60.0))) == (
        "the checkpoint was trained with LogMel at 16000 Hz (1 channel, 64 bins, 100 frames a second) and this "
        "experiment has the same, but its values differ (low_hz was 125.0 and is 60.0; offset was 0.01 and is 0.001)"
    )
    assert "Hamming" in str(difference(base, of(Hamming())))
    assert "not standardised" in str(difference(base, of(LogMel(), standardised=False)))
    eight = of(LogMel(high_hz=3800.0), 8000)
    assert "at 8000 Hz" in str(difference(eight, of(LogMel(high_hz=3800.0))))


def test_a_feature_that_takes_fewer_microphones_than_it_makes_channels():
    found = of(Pairs())
    assert len(found.values) == 512
    assert difference(found, of(Pairs())) is None
    told = difference(found, of(Pairs(secret=1.5)))
    assert told is not None
    assert told.endswith("its values differ: its code, or a setting that it does not show, has changed")


def test_microphones_hear_different_waves_and_the_end_is_silent():
    wave = probe(3, 16000)[0]
    assert not torch.equal(wave[0], wave[1])
    assert not wave[:, 14500:].any()
    assert wave.abs().max() < 1
    bands = torch.fft.rfft(wave[0].double()).abs()[:8000].reshape(100, 80).mean(1)
    assert bands.min() > 0.005 * bands.max()  # every 80 Hz are in it


def test_features_that_learn_are_compared_at_the_checkpoints_weights():
    trained, fresh = Learned(), Learned()
    for feature in (trained, fresh):
        feature.prepare(RATE)
    trained.gain.data.fill_(3.0)
    weights = {"front.features.gain": trained.gain.detach(), "head": torch.ones(1)}
    checkpoint: dict[str, object] = {"state_dict": weights}
    sign(checkpoint, trained, RATE, True)
    refuse_another(checkpoint, fresh, RATE, True, "front.features.")
    assert float(fresh.gain.detach()) == 1.0
    other = LogMel()
    other.prepare(RATE)
    with pytest.raises(UserError, match="trained with Learned"):
        refuse_another(checkpoint, other, RATE, True, "front.features.")


def test_dither_is_no_difference_and_global_randomness_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = of(Dithered())
    assert torch.equal(torch.rand(3), expected)
    assert difference(first, of(Dithered())) is None


def test_it_travels_through_a_weights_only_file():
    feature = LogMel()
    feature.prepare(RATE)
    checkpoint: dict[str, object] = {"state_dict": {}}
    sign(checkpoint, feature, RATE, True)
    file = io.BytesIO()
    torch.save(checkpoint, file)
    file.seek(0)
    back = torch.load(file, weights_only=True)
    refuse_another(back, feature, RATE, True, "front.features.")
    assert back[KEY]["settings"]["offset"] == 0.01
    other = LogMel(low_hz=60.0)
    other.prepare(RATE)
    with pytest.raises(UserError, match=r"low_hz was 125\.0 and is 60.*; take the checkpoint's front end, or train"):
        refuse_another(back, other, RATE, True, "front.features.")


def test_a_checkpoint_that_does_not_say_is_refused():
    feature = Raw()
    feature.prepare(RATE)
    with pytest.raises(UserError, match="does not say which front end it was trained with"):
        refuse_another({"state_dict": {}}, feature, RATE, True, "front.features.")
