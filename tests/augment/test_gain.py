from __future__ import annotations

import math

import pytest
import torch

from lightning_sepcl.augment.gain import Gain


def test_gain_is_exact():
    x = torch.randn(3, 2, 100)
    out = Gain().apply(x, {"gain_db": torch.tensor([0.0, 20.0, -6.0])})
    torch.testing.assert_close(out[0], x[0])
    torch.testing.assert_close(out[1], x[1] * 10)
    torch.testing.assert_close(out[2], x[2] * 10 ** (-6 / 20))


def test_decibels_are_uniform_between_the_ends():
    gain_db = Gain(-10.0, 2.0).draw(torch.Size((30_000, 1, 1)), torch.Generator().manual_seed(0))["gain_db"]
    counts = torch.histc(gain_db, 6, -10, 2)
    assert counts.sum() == 30_000
    assert ((counts - 5000).abs() < 5 * math.sqrt(5000)).all()


def test_ends_out_of_order_are_refused():
    with pytest.raises(ValueError, match="Gain"):
        Gain(1.0, 0.0)
