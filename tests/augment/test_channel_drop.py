from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment import ChannelDrop


def test_whole_channels_go_and_the_others_stay():
    x = torch.randn(500, 10, 3, 4)
    out = ChannelDrop(0.1)(x, torch.Generator().manual_seed(0))
    gone = (out == 0).all(dim=(2, 3))
    assert torch.equal(out[~gone], x[~gone])
    assert float(gone.float().mean()) == pytest.approx(0.1, abs=0.02)
    assert float(gone.float().mean(0).std()) < 0.03  # every channel alike


def test_shares_that_cannot_be():
    with pytest.raises(ValueError, match="below 1"):
        ChannelDrop(1.0)
