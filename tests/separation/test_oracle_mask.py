from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.objectives.si_sdr import si_sdr
from lightning_sepcl.separation.oracle_mask import oracle_binary_mask

GOLDEN = np.load(Path(__file__).parents[1] / "golden/separation_oracle/oracle_binary_mask.npz")


def tones(samples=4000):
    time = torch.arange(samples) / 16000
    return torch.stack([torch.sin(2 * torch.pi * hz * time) for hz in (500.0, 3000.0)])


def test_the_published_code():
    sources, mixture = torch.from_numpy(GOLDEN["sources"]), torch.from_numpy(GOLDEN["mixture"])
    found = oracle_binary_mask(mixture[None], sources[None])[0]
    assert np.abs(found.numpy() - GOLDEN["separated"]).max() < 5e-6


@pytest.mark.parametrize("window", [80, 512])
def test_tones_far_apart_come_out_clean_and_sum_to_the_mixture(window):
    sources = tones()
    found = oracle_binary_mask(sources.sum(0)[None], sources[None], window, window // 4)[0]
    assert torch.allclose(found.sum(0), sources.sum(0), atol=1e-5)
    middle = slice(1000, 3000)
    assert si_sdr(found[:, middle], sources[:, middle]).min() > (15 if window == 80 else 40)


def test_a_silent_source_gets_nothing():
    sources = torch.cat([tones(), torch.zeros(1, 4000)])
    assert oracle_binary_mask(sources.sum(0)[None], sources[None])[0, 2].abs().max() == 0
