"""Shares of the clips that processes judge: together all of them, in the batches of one process."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import BatchSampler, DataLoader

from lightning_sepcl.data.dataset import as_is
from lightning_sepcl.data.share import Share, undealt


def batches(clips, batch_size, rank, world):
    return list(BatchSampler(Share(clips, batch_size, rank=rank, world=world), batch_size, drop_last=False))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5))
def test_batches_are_those_of_one_process_and_equally_many(clips, batch_size, world):
    shares = [batches(clips, batch_size, rank, world) for rank in range(world)]
    whole = [list(range(clips))[i : i + batch_size] for i in range(0, clips, batch_size)]
    assert len({len(share) for share in shares}) == 1
    in_turn = list(chain.from_iterable(zip(*shares, strict=True)))
    assert in_turn[: len(whole)] == whole
    assert all(batch in whole for batch in in_turn)  # what fills the last round
    assert len(in_turn) < len(whole) + world


def test_seven_clips_by_hand():
    assert [batches(7, 2, rank, 3) for rank in range(3)] == [[[0, 1], [6]], [[2, 3], [0, 1]], [[4, 5], [2, 3]]]


def test_its_length_counts_clips():
    assert [len(Share(7, 2, rank=rank, world=2)) for rank in range(2)] == [4, 3]
    assert len(Share(1, 4, rank=1, world=2)) == 1


@pytest.mark.parametrize("world", [1, 2])
def test_a_loader_of_all_batches(world):
    sampler = Share(5, 2, rank=world - 1, world=world) if world > 1 else None
    loader = DataLoader(range(5), batch_size=2, sampler=sampler, collate_fn=as_is)
    assert list(undealt(loader)) == [[0, 1], [2, 3], [4]]
    assert (undealt(loader) is loader) == (world == 1)


def test_what_is_no_loader_stays():
    assert undealt([1, 2]) == [1, 2]
