from __future__ import annotations

import torch

from lightning_sepcl.features.raw import Raw


def test_samples_become_frames():
    raw = Raw(channels=2)
    raw.prepare(8000)
    wave = torch.randn(3, 2, 50)
    out = raw(wave)
    assert out.shape == (3, raw.channels, raw.bins, raw.num_frames(50))
    assert torch.equal(out[:, :, 0], wave)
    assert raw.frame_rate == 8000
    assert raw.num_samples(raw.num_frames(50)) == 50
