from __future__ import annotations

import warnings

import pytest
from torch.utils.data import DataLoader

from lightning_sepcl.data.dataset import as_is
from lightning_sepcl.data.sampler import EpochSampler, Position, ResumableLoader
from lightning_sepcl.data.shard_order import ShardOrder


def places(sampler):
    return [place for _, place in sampler]


def test_an_epoch_is_a_permutation_named_by_seed_and_epoch():
    sampler = EpochSampler(30, seed=1, batch_size=4)
    first = list(sampler)
    assert {epoch for epoch, _ in first} == {0}
    assert sorted(places(sampler)) == list(range(30))
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert {epoch for epoch, _ in sampler} == {1}
    second = places(sampler)
    assert second != [place for _, place in first]
    assert places(EpochSampler(30, seed=2, batch_size=4)) != [place for _, place in first]


def test_the_order_stays_what_it_was():
    """Checkpoints of older versions go on with it."""
    assert places(EpochSampler(8, seed=0, batch_size=2)) == [2, 4, 3, 6, 5, 0, 1, 7]


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_the_clips_evenly(world):
    shares = [places(EpochSampler(20, seed=0, batch_size=3, rank=rank, world=world)) for rank in range(world)]
    assert {len(share) for share in shares} == {20 // world}
    dealt = [place for share in shares for place in share]
    assert len(set(dealt)) == len(dealt)
    whole = places(EpochSampler(20, seed=0, batch_size=3))
    assert [place for group in zip(*shares, strict=True) for place in group] == whole[: 20 // world * world]


def test_a_position_enters_the_epoch_late_but_keeps_its_length():
    whole = EpochSampler(20, seed=0, batch_size=3)
    whole.set_epoch(2)
    late = EpochSampler(20, seed=0, batch_size=3, position=lambda: Position(2, 4))
    late.set_epoch(7)  # what Lightning says has no weight then
    assert list(late) == list(whole)[12:]
    assert len(late) == 20


def loader(clips=20, seed=0, batch_size=4, world=1, order=None):
    sampler = EpochSampler(clips, seed, batch_size, world=world, order=order)
    return ResumableLoader(range(clips), batch_size=batch_size, sampler=sampler, collate_fn=as_is)


def test_a_loader_that_goes_on_with_the_same_settings_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loader().load_state_dict(loader().state_dict())


@pytest.mark.parametrize("other", [{"clips": 21}, {"seed": 1}, {"batch_size": 5}, {"world": 2}])
def test_a_loader_that_goes_on_with_other_settings_tells(other):
    name, value = next(iter(other.items()))
    with pytest.warns(UserWarning, match=rf"{name} \d+ -> {value}.*not with the clips that an uninterrupted run"):
        loader(**other).load_state_dict(loader().state_dict())


def test_a_loader_that_goes_on_with_clips_mixed_otherwise_tells():
    mixed = ShardOrder([0, 1] * 10, 1)
    with pytest.warns(UserWarning, match="order all clips -> 1 of 2 shards at a time"):
        loader(order=mixed).load_state_dict(loader().state_dict())


def test_a_loader_with_another_sampler_has_nothing_to_tell():
    plain = ResumableLoader(range(4))
    assert plain.state_dict() == {}
    assert isinstance(plain, DataLoader)
