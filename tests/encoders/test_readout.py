"""What is read out of an encoder."""

import numpy as np
import pytest
import torch

from lightning_sepcl.encoders import CNN14, BlockStatistics, Encoder, PooledEmbedding, SmallCNN


class Ramp(Encoder):
    """Two blocks whose maps are known: the features, and twice the features."""

    dim, channels, time_stride = 1, 1, 1

    def blocks(self, x):
        return [x, 2 * torch.cat([x, -x], 1)]

    def frames(self, blocks):
        return blocks[-1].amax(2)


def read(readout, encoder, x):
    return readout(encoder, x, encoder.blocks(x))


def test_statistics_of_a_known_map():
    x = torch.tensor([[[[0.0, 2.0, 4.0, 2.0], [2.0, 4.0, 6.0, 4.0]]]])  # mean over freq 1 3 5 3: mean 3, std sqrt 2
    root = 2**0.5
    assert read(BlockStatistics(1), Ramp(), x)[0].tolist() == pytest.approx([6, -6, 10, -2, 2 * root, 2 * root])
    assert read(BlockStatistics(2), Ramp(), x)[0, :3].tolist() == pytest.approx([3, 5, root])


def test_features_can_be_added():
    x = torch.tensor([[[[0.0, 2.0, 4.0, 2.0], [1.0, 1.0, 1.0, 1.0]]]])
    plain = read(BlockStatistics(1), Ramp(), x)
    both = read(BlockStatistics(1, with_features=True), Ramp(), x)
    assert torch.equal(both[:, :6], plain)
    steps = (32 / 9) ** 0.5  # differences 2 2 -2: variance 4 - (2/3)^2
    assert both[0, 6:].tolist() == pytest.approx([2, 1, 4, 1, 2**0.5, 0, steps, 0])


def test_statistics_are_numpys_of_the_last_blocks():
    torch.manual_seed(0)
    encoder, x = SmallCNN(dim=4, widths=[2, 3, 4, 5]).eval(), torch.randn(3, 1, 64, 128)
    rows = []
    for block in [m.detach().double().numpy() for m in encoder.blocks(x)[1:]]:
        rows += [block.mean((2, 3)), block.mean(2).max(-1), block.mean(2).std(-1)]
    np.testing.assert_allclose(read(BlockStatistics(), encoder, x).detach(), np.concatenate(rows, 1), atol=1e-6)


def test_width_of_the_usual_encoders():
    with torch.no_grad():
        x = torch.zeros(2, 1, 64, 96)
        assert read(BlockStatistics(3), SmallCNN(), x).shape == (2, 1344)  # 3 (64 + 128 + 256)
        assert read(BlockStatistics(2), CNN14(width=1 / 16), x).shape == (2, 3 * (64 + 128))


def test_pooled_embedding_is_h():
    torch.manual_seed(0)
    encoder, x = SmallCNN(dim=4, widths=[2, 3]).eval(), torch.randn(3, 1, 64, 96)
    assert torch.equal(read(PooledEmbedding(), encoder, x), encoder(x))


@pytest.mark.parametrize("readout", [PooledEmbedding(), BlockStatistics(2)])
def test_readouts_are_float32_under_autocast(readout):
    encoder, x = SmallCNN(dim=4, widths=[2, 3]).eval(), torch.randn(3, 1, 64, 96)
    with torch.autocast("cpu", torch.bfloat16):
        assert read(readout, encoder, x).dtype == torch.float32


def test_more_blocks_than_there_are_is_refused():
    with pytest.raises(ValueError, match="`last` is 3, but Ramp has 2 blocks"):
        read(BlockStatistics(3), Ramp(), torch.zeros(1, 1, 2, 3))
    with pytest.raises(ValueError, match="at least 1"):
        BlockStatistics(0)
