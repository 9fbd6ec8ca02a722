from __future__ import annotations

import torch

from lightning_sepcl.augment.chain import Chain
from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.time_shift import TimeShift


def test_parts_follow_one_another():
    chain = Chain([Gain(), TimeShift(1.0)])
    chain.prepare(10)
    x = torch.randn(2, 1, 20)
    out = chain.apply(x, {"0": {"gain_db": torch.tensor([20.0, 0.0])}, "1": {"shift": torch.tensor([0, 5])}})
    torch.testing.assert_close(out[0], 10 * x[0])
    torch.testing.assert_close(out[1, :, 5:], x[1, :, :-5])


def test_draws_are_those_of_the_parts_in_order():
    gain, shift = Gain(), TimeShift()
    chain = Chain([gain, shift])
    chain.prepare(16000)
    x = torch.randn(4, 1, 3000)
    generator = torch.Generator().manual_seed(3)
    one_by_one = [gain.draw(x.shape, generator), shift.draw(x.shape, generator)]
    expected = shift.apply(gain.apply(x, one_by_one[0]), one_by_one[1])
    assert torch.equal(chain(x, torch.Generator().manual_seed(3)), expected)
