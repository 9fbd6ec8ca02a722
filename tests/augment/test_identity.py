from __future__ import annotations

import torch

from lightning_sepcl.augment.identity import Identity


def test_is_no_change():
    x = torch.randn(2, 1, 3)
    assert torch.equal(Identity()(x, torch.Generator()), x)
