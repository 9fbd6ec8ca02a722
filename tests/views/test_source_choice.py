"""Which sound each view is taken from."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.views import ChannelChannel, MixtureAny, MixtureChannel, MixtureMixture, TemporalProximity
from lightning_sepcl.views.base import ViewDraw
from tests.views.test_views import prepared

CHOICES = [MixtureMixture(), MixtureChannel(), MixtureAny(), MixtureAny(0.0), ChannelChannel()]


def drawn(choice, clips=9000, views=2, sources=4, seed=0):
    return choice.draw(clips, views, sources, torch.Generator().manual_seed(seed))


def shares(row, sources=4):
    return torch.bincount(row, minlength=sources) / len(row)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: f"{type(c).__name__}{vars(c)}")
@settings(max_examples=20, deadline=None)
@given(pairs=st.integers(1, 2), sources=st.integers(3, 6), seed=st.integers(0, 2**31))
def test_rows_exist_and_the_same_seed_draws_the_same(choice, pairs, sources, seed):
    source = drawn(choice, 7, 2 * pairs, sources, seed)
    assert source.shape == (7, 2 * pairs)
    assert source.min() >= 0
    assert source.max() < sources
    assert torch.equal(source, drawn(choice, 7, 2 * pairs, sources, seed))


def test_mixture_channel_is_the_mixture_and_each_channel_equally_often():
    source = drawn(MixtureChannel())
    assert not source[:, 0].any()
    torch.testing.assert_close(shares(source[:, 1]), torch.tensor([0, 1 / 3, 1 / 3, 1 / 3]), atol=0.02, rtol=0)


def test_mixture_any_takes_the_mixture_as_often_as_told():
    source = drawn(MixtureAny(0.4))
    assert not source[:, 0].any()
    torch.testing.assert_close(shares(source[:, 1]), torch.tensor([0.4, 0.2, 0.2, 0.2]), atol=0.02, rtol=0)


def test_channel_channel_takes_two_different_ones_every_ordered_pair_equally_often():
    source = drawn(ChannelChannel())
    pair = source[:, 0] * 4 + source[:, 1]
    counts = torch.bincount(pair, minlength=16).reshape(4, 4)[1:, 1:] / len(source)
    torch.testing.assert_close(counts, (1 - torch.eye(3)) / 6, atol=0.02, rtol=0)


def test_both_pairs_of_a_clip_are_drawn_apart():
    source = drawn(MixtureChannel(), views=4)
    assert not source[:, ::2].any()
    assert abs(torch.corrcoef(source[:, 1::2].T.double())[0, 1]) < 0.03


def test_clips_without_channels_and_single_views_are_refused():
    with pytest.raises(ValueError, match=r"MixtureChannel needs 1 separated channel.* the clips have 0"):
        drawn(MixtureChannel(), sources=1)
    with pytest.raises(ValueError, match=r"ChannelChannel needs 2"):
        drawn(ChannelChannel(), sources=2)
    with pytest.raises(ValueError, match=r"pairs of views, found 1"):
        drawn(MixtureChannel(), views=1)
    with pytest.raises(ValueError, match=r"mixture_share"):
        MixtureAny(1.5)


def test_a_view_maker_takes_the_sound_it_drew_and_starts_stay_as_without_a_choice():
    plain, choosing = prepared(TemporalProximity(2)), prepared(TemporalProximity(2, sources=MixtureChannel()))
    length, wave = torch.tensor([50, 40]), torch.arange(2 * 3 * 1 * 50).reshape(2, 3, 1, 50).float()
    draws = [maker.draw(length, 3, torch.Generator().manual_seed(3)) for maker in (plain, choosing)]
    assert torch.equal(draws[0].start, draws[1].start)
    assert draws[1].source[:, 1].min() >= 1
    views = choosing.apply(wave, ViewDraw(draws[1].source, draws[1].start))
    source, start = draws[1].source[0, 1], draws[1].start[0, 1]
    assert torch.equal(views[0, 1], wave[0, source, :, start : start + 14])
