from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.shard_order import ShardOrder


def order_of(shards, mixed, seed):
    return ShardOrder(shards, mixed)(np.random.default_rng(seed)).tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 12), st.integers(0, 5))
def test_every_clip_comes_once_and_the_same_seed_gives_the_same_order(shards, mixed, seed):
    order = order_of(shards, mixed, seed)
    assert sorted(order) == list(range(len(shards)))
    assert order == order_of(shards, mixed, seed)


def test_only_the_clips_of_so_many_shards_are_mixed():
    shards = np.repeat(np.arange(12), 50).tolist()
    order = np.asarray(order_of(shards, 4, 1))
    groups = [{shards[i] for i in part} for part in np.split(order, 3)]
    assert [len(group) for group in groups] == [4, 4, 4]
    assert set.union(*groups) == set(range(12))
    assert len({shards[i] for i in order[:20]}) == 4  # mixed from the beginning, not one shard after the other
    other = {shards[i] for i in order_of(shards, 4, 2)[:200]}
    assert other not in groups


def test_the_last_group_is_not_a_small_one():
    shards = np.repeat(np.arange(9), 10).tolist()
    told = []
    ShardOrder(shards, 4, told.append)(np.random.default_rng(0))
    order = order_of(shards, 4, 0)
    assert [len({shards[i] for i in order[a : a + 30]}) for a in (0, 30, 60)] == [3, 3, 3]
    (ahead,) = told
    assert set(ahead[:3]) == {shards[i] for i in order[:30]}


@pytest.mark.parametrize("mixed", [3, 16])
def test_few_shards_are_mixed_all_at_once_as_the_cache_does(mixed):
    assert order_of([0, 1, 2] * 20, mixed, 7) == np.random.default_rng(7).permutation(60).tolist()


def test_it_says_how_clips_are_mixed():
    assert str(ShardOrder([0, 0, 1], 2)) == "all clips"
    assert str(ShardOrder([0, 0, 1], 1)) == "1 of 2 shards at a time"
