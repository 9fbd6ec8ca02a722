"""MobileNet: YAMNet's counts of weights, and its table of layers by hand."""

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.encoders import CNN14, MobileNet
from lightning_sepcl.encoders.mobilenet import YAMNET, layers_from_the_top

TEN_SEPARABLE = [*YAMNET[:7], YAMNET[6], *YAMNET[-2:]]


def weights(**kwargs):
    with torch.device("meta"):
        return sum(p.numel() for p in MobileNet(**kwargs).parameters())


def test_the_default_has_the_published_number_of_weights():
    assert weights() == 3_195_456
    assert weights() + 521 * (1024 + 1) == 3_729_481  # YAMNet's "3.7M weights"
    assert weights() + 527 * (1024 + 1) == 3_735_631


def counted(blocks, stem=32):
    """kernel x inputs x outputs and an offset per channel, layer by layer."""
    total, inputs = 9 * stem + stem, stem
    for _, outputs in blocks:
        total += 9 * inputs + inputs + inputs * outputs + outputs
        inputs = outputs
    return total


def test_the_table_of_layers_is_configuration():
    assert weights(blocks=[list(b) for b in TEN_SEPARABLE]) == counted(TEN_SEPARABLE)
    assert weights(width=0.25) == counted([(s, c // 4) for s, c in YAMNET], stem=8)


def test_forward_is_the_table_of_layers():
    torch.manual_seed(0)
    encoder, x = MobileNet([[1, 6], [2, 8]], stem=4).eval(), torch.randn(2, 1, 64, 96)
    convolutions = [m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    y = x
    for convolution, stride in zip(convolutions, (2, 1, 1, 2, 1), strict=True):
        size = convolution.kernel_size[0]
        y = functional.conv2d(y, convolution.weight, None, stride, size // 2, groups=convolution.groups)
        y = (y / (1 + 1e-4) ** 0.5).clamp(min=0)  # batch norm with the statistics it begins with
    assert y.shape == (2, 8, 16, 24)
    torch.testing.assert_close(encoder(x), y.mean((2, 3)))


def test_a_patch_of_yamnet_ends_in_six_positions():
    with torch.device("meta"):
        maps = MobileNet().blocks(torch.empty(1, 1, 64, 96))
    assert [m.shape[1] for m in maps] == [64, 128, 256, 512, 1024]
    assert [tuple(m.shape[2:]) for m in maps] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]


def test_activations_neither_vanish_nor_explode():
    torch.manual_seed(0)
    maps = MobileNet(width=0.5)(torch.randn(8, 1, 64, 96))
    assert 0.05 < maps.std() < 20


def test_layers_from_the_top_are_blocks_one_by_one():
    encoder = MobileNet([[1, 6], [2, 8]], stem=4)
    assert list(layers_from_the_top(encoder)) == [encoder.separable[1], encoder.separable[0], encoder.stem]
    cnn = CNN14(width=1 / 32)
    assert list(layers_from_the_top(cnn))[:2] == [cnn.embedding, cnn.convolutions[5]]


@pytest.mark.parametrize("blocks", [[], [[3, 8]], [[1, 0]], [[1]]])
def test_a_table_that_is_none_is_refused(blocks):
    with pytest.raises(ValueError, match=r"must be a list of \[stride, channels\]"):
        MobileNet(blocks)
