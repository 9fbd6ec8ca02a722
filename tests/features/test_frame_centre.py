"""Encoders whose frame embeddings listen to known stretches: the centre is found, wherever it lies."""

import pytest
import torch
from torch import nn

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.features import LogMel
from lightning_sepcl.features.frame_centre import frame_centre_seconds
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.views import TemporalProximity

RATE, WINDOW, HOP, STRIDE = 16000, 0.025, 0.01, 8


class Listens(Encoder):
    """One layer along time."""

    channels, time_stride = 1, STRIDE

    def __init__(self, layer, channels=1):
        super().__init__()
        self.layer, self.channels = layer, channels
        self.dim = 1

    def blocks(self, x):
        return [self.layer(x.sum((1, 2))[:, None])[:, :, None]]

    def frames(self, blocks):
        return blocks[-1].squeeze(2)


def convolution(at):
    """A strided convolution that takes one feature frame alone: that `at` places behind the first."""
    layer = nn.Conv1d(1, 1, 15, stride=STRIDE, padding=7, bias=False)
    with torch.no_grad():
        layer.weight.zero_()[..., 7 + at] = 1
    return layer


@pytest.mark.parametrize(
    ("layer", "frames"),
    [(nn.AvgPool1d(STRIDE), (STRIDE - 1) / 2), (convolution(0), 0.0), (convolution(3), 3.0), (convolution(-2), -2.0)],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_centre_is_that_of_what_the_layer_takes(layer, frames, channels):
    front = FrontEnd(TemporalProximity(), LogMel(channels=channels), standardise=False)
    front.prepare(RATE)
    found = frame_centre_seconds(front.features, front.features_of, Listens(layer, channels), RATE, channels)
    # a layer that takes several frames weighs them by how much each of them tells, which is drawn
    assert found == pytest.approx(WINDOW / 2 + frames * HOP, abs=0.2 * HOP)


def test_an_encoder_that_hears_nothing_counts_as_one_that_pools():
    front = FrontEnd(TemporalProximity(), LogMel(), standardise=False)
    front.prepare(RATE)
    layer = convolution(0)
    nn.init.zeros_(layer.weight)
    found = frame_centre_seconds(front.features, front.features_of, Listens(layer), RATE)
    assert found == pytest.approx(WINDOW / 2 + (STRIDE - 1) / 2 * HOP)
