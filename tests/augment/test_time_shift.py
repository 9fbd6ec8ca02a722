from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment.time_shift import TimeShift


def shifted(x: torch.Tensor, shift: list[int], wrap: bool, max_seconds: float = 1.0) -> torch.Tensor:
    plugin = TimeShift(max_seconds, wrap)
    plugin.prepare(10)
    return plugin.apply(x, {"shift": torch.tensor(shift)})


def test_shift_with_silence():
    x = torch.arange(1.0, 9.0).reshape(1, 1, 8).repeat(4, 2, 1)
    out = shifted(x, [0, 3, -3, 8], wrap=False)
    assert torch.equal(out[0], x[0])
    assert out[1, 1].tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
    assert out[2, 0].tolist() == [4, 5, 6, 7, 8, 0, 0, 0]
    assert not out[3].any()


def test_shift_around_is_a_roll():
    x = torch.randn(5, 2, 30)
    shift = [0, 1, -10, 10, -4]
    out = shifted(x, shift, wrap=True)
    assert torch.equal(out, torch.stack([torch.roll(row, s, -1) for row, s in zip(x, shift, strict=True)]))


def test_shifts_are_uniform_and_reach_both_ends():
    plugin = TimeShift(0.5)
    plugin.prepare(10)
    shift = plugin.draw(torch.Size((22_000, 1, 100)), torch.Generator().manual_seed(0))["shift"]
    counts = torch.bincount(shift + 5)
    assert len(counts) == 11
    assert ((counts - 2000).abs() < 5 * 2000**0.5).all()


def test_more_than_the_wave_counts_as_its_length():
    plugin = TimeShift(100.0, wrap=True)
    plugin.prepare(10)
    x = torch.randn(50, 1, 7)
    out = plugin(x, torch.Generator().manual_seed(0))
    assert torch.equal(out.sort(-1).values, x.sort(-1).values)


def test_no_shift_is_no_change():
    assert torch.equal(shifted(torch.ones(1, 1, 5), [0], wrap=False, max_seconds=0.0), torch.ones(1, 1, 5))
    with pytest.raises(ValueError, match="max_seconds"):
        TimeShift(-1.0)


@pytest.mark.parametrize("wrap", [False, True])
def test_all_at_once_is_row_by_row(wrap):
    plugin = TimeShift(1.0, wrap)
    plugin.prepare(10)
    x = torch.randn(17, 2, 8)
    params = {"shift": torch.arange(-8, 9)}
    assert torch.equal(plugin._all_at_once(x, params), plugin.apply(x, params))


def test_the_greatest_shift_may_be_a_share_of_the_wave():
    plugin = TimeShift(wrap=True, max_share=0.5)
    for samples in (7, 100):
        shift = plugin.draw(torch.Size((5_000, 1, samples)), torch.Generator().manual_seed(0))["shift"]
        assert (int(shift.min()), int(shift.max())) == (-round(samples / 2), round(samples / 2))
    assert torch.equal(plugin(torch.ones(3, 1, 1), torch.Generator().manual_seed(0)), torch.ones(3, 1, 1))
    with pytest.raises(ValueError, match="max_share is a share within"):
        TimeShift(max_share=1.5)
