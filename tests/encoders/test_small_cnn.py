"""The small CNN: its layers, its size, and what it refuses."""

from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.encoders import SmallCNN


def test_forward_is_the_table_of_layers():
    torch.manual_seed(0)
    encoder, x = SmallCNN(dim=5, widths=[2, 3, 4, 6], norm="none"), torch.randn(2, 1, 64, 96)
    kernels = [(c.weight, c.bias) for c in encoder.modules() if isinstance(c, torch.nn.Conv2d)]
    y = functional.conv2d(x, *kernels[0], stride=4, padding=3).clamp(min=0)
    for block in range(4):
        for weight, bias in kernels[1 + 2 * block : 3 + 2 * block]:
            y = functional.conv2d(y, weight, bias, padding=1).clamp(min=0)
        y = functional.avg_pool2d(y, 2)
    h = torch.einsum("ncft,dc->ndft", y, kernels[9][0][:, :, 0, 0]) + kernels[9][1][:, None, None]
    torch.testing.assert_close(encoder(x), h.amax((2, 3)))


def test_number_of_weights_with_batch_norm():
    w = [32, 64, 128, 256]
    pairs = [(32, 32), *pairwise(w)]
    blocks = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b for a, b in pairs)
    assert sum(p.numel() for p in SmallCNN().parameters()) == 49 * 32 + 2 * 32 + blocks + 256 * 128 + 128


def test_batch_norm_sees_every_convolution_but_the_embedding():
    kinds = [type(m).__name__ for m in SmallCNN().modules()]
    assert (kinds.count("Conv2d"), kinds.count("BatchNorm2d")) == (10, 9)


@pytest.mark.parametrize(("bins", "frames", "fits"), [(61, 61, True), (64, 61, True), (64, 60, False), (60, 96, False)])
def test_the_message_names_the_least_size_and_it_is_true(bins, frames, fits):
    encoder = SmallCNN(dim=4, widths=[2, 2, 2, 2], norm="none")
    if fits:
        assert encoder(torch.zeros(1, 1, bins, frames)).shape == (1, 4)
    else:
        with pytest.raises(
            ValueError, match=f"at least 61 bins and 61 frames, these features have {bins} and {frames}"
        ):
            encoder(torch.zeros(1, 1, bins, frames))


def test_few_frames_are_enough_for_few_blocks():
    assert SmallCNN(dim=4, widths=[2, 2])(torch.zeros(2, 1, 64, 13)).shape == (2, 4)


def test_width_scales_all_blocks():
    assert [m.shape[1] for m in SmallCNN(width=0.25).blocks(torch.zeros(1, 1, 64, 64))] == [8, 16, 32, 64]


@pytest.mark.parametrize("kwargs", [{"width": 0.0}, {"widths": []}, {"stem_stride": 0}])
def test_nonsense_is_refused(kwargs):
    with pytest.raises(ValueError, match=r"width|stem_stride"):
        SmallCNN(**kwargs)
