from __future__ import annotations

import math

import pytest
import torch

from lightning_sepcl.augment.laws import in_order, log_uniform, uniform, whole_up_to


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_uniform_fills_its_range_evenly():
    x = uniform(40_000, -3.0, 5.0, generator())
    assert -3 <= x.min() < -2.99
    assert 4.99 < x.max() <= 5
    counts = torch.histc(x, 8, -3, 5)
    assert ((counts - 5000).abs() < 5 * math.sqrt(5000)).all()


def test_log_uniform_has_its_logarithm_uniform():
    x = log_uniform(40_000, 0.25, 4.0, generator())
    counts = torch.histc(x.log2(), 4, -2, 2)
    assert ((counts - 10_000).abs() < 5 * math.sqrt(10_000)).all()
    assert torch.equal(log_uniform(5, 0.7, 0.7, generator()), torch.full((5,), 0.7))


def test_whole_numbers_include_both_ends_evenly():
    x = whole_up_to(torch.full((60_000,), 5), generator())
    counts = torch.bincount(x)
    assert len(counts) == 6
    assert ((counts - 10_000).abs() < 5 * math.sqrt(10_000)).all()


def test_each_highest_counts_for_itself():
    highest = torch.tensor([[0, 3], [7, 1]]).repeat(1000, 1, 1)
    x = whole_up_to(highest, generator())
    assert x.shape == highest.shape
    assert torch.equal(x.amax(0), highest[0])
    assert torch.equal(x.amin(0), torch.zeros(2, 2, dtype=torch.int64))


def test_ends_out_of_order_are_refused():
    assert in_order(1.0, 1.0, "x") == (1.0, 1.0)
    with pytest.raises(ValueError, match="Gain, low_db"):
        in_order(2.0, 1.0, "Gain, low_db")
