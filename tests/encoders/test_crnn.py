from __future__ import annotations

import pytest
import torch

from lightning_sepcl.encoders import CRNN


def test_the_published_sizes():
    """96 bins and 101 frames leave 2 x 128 numbers at 12 frames: the input of 2 x 64 units."""
    encoder = CRNN().eval()
    assert encoder.recurrent.input_size == 256
    assert encoder.recurrent.hidden_size == 64
    blocks = encoder.blocks(torch.randn(1, 10, 96, 101))
    assert [tuple(b.shape[1:]) for b in blocks] == [(128, 96, 101), (128, 19, 50), (128, 4, 25)]
    assert encoder.frames(blocks).shape == (1, 128, 12)
    assert [c[0].bias for c in encoder.convolutions] == [None] * 3


def test_h_is_what_each_direction_says_after_all_frames():
    encoder = CRNN(width=0.1, dim=8, bins=40, channels=2).eval()
    blocks = encoder.blocks(torch.randn(3, 2, 40, 24))
    x = torch.nn.functional.max_pool2d(blocks[-1], (2, 2)).flatten(1, 2).transpose(1, 2)
    final = encoder.recurrent(x)[1]  # (direction, n, unit)
    torch.testing.assert_close(encoder.pooled(blocks), torch.cat([final[0], final[1]], 1))


def test_features_that_do_not_fit():
    with pytest.raises(ValueError, match="set the encoder's `channels`"):
        CRNN()(torch.randn(1, 4, 96, 101))
    with pytest.raises(ValueError, match="take longer crops"):
        CRNN()(torch.randn(1, 10, 96, 7))
    with pytest.raises(ValueError, match="nothing is left of 20 bins"):
        CRNN(bins=20)
    with pytest.raises(ValueError, match="must be even"):
        CRNN(dim=7)
    with pytest.raises(ValueError, match="as many `pooling`s"):
        CRNN(widths=(8, 8))
