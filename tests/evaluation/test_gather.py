"""What several processes kept, put together: the order of one process, every clip once."""

from __future__ import annotations

import torch

from lightning_sepcl.evaluation.gather import Kept, gathered, in_turn


def batch(*numbers: int) -> Kept:
    return Kept(tuple(map(str, numbers)), {"h": torch.tensor(numbers, dtype=torch.float32)[:, None]})


def keys(batches: list[Kept]) -> list[tuple[str, ...]]:
    return [kept.keys for kept in batches]


def test_one_process_keeps_its_batches() -> None:
    kept = [batch(1, 2), batch(2, 3)]
    assert gathered({"val": kept}) == {"val": kept}


def test_batches_dealt_in_turn_come_back_in_order_without_the_repeats() -> None:
    whole = in_turn([[batch(0, 1), batch(6)], [batch(2, 3), batch(0, 1)], [batch(4, 5), batch(2, 3)]])
    assert keys(whole) == [("0", "1"), ("2", "3"), ("4", "5"), ("6",)]
    assert torch.cat([kept.values["h"] for kept in whole])[:, 0].tolist() == list(range(7))


def test_clips_dealt_one_by_one_and_filled_up_are_all_there_once() -> None:
    """As Lightning's distributed sampler does it for other data modules."""
    whole = in_turn([[batch(0, 2), batch(4)], [batch(1, 3), batch(0)]])
    assert keys(whole) == [("0", "2"), ("1", "3"), ("4",)]
    (partly,) = in_turn([[], [batch(5, 6)]])
    assert partly.keys == ("5", "6")
    assert keys(in_turn([[batch(0, 1)], [batch(1, 2)]])) == [("0", "1"), ("2",)]


def test_everything_in_every_process_counts_once() -> None:
    all_ = [batch(0, 1), batch(2)]
    assert keys(in_turn([all_, all_])) == keys(all_)


def test_shares_of_different_size_lose_nothing() -> None:
    assert keys(in_turn([[batch(0), batch(2), batch(3)], [batch(1)]])) == [("0",), ("1",), ("2",), ("3",)]
