"""Where views come from: inside the clip, of the right length, uniform, the same for the same seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.views import TemporalProximity, TwoCrops
from lightning_sepcl.views.base import ViewDraw, uniform_start


class Frames:
    """10-sample frames every 4 samples."""

    def num_frames(self, samples):
        return 1 + (samples - 10) // 4

    def num_samples(self, frames):
        return 10 + 4 * (frames - 1)


def prepared(maker):
    maker.prepare(Frames(), 100)
    return maker


MAKERS = [TemporalProximity(5), TemporalProximity(5, views=4), TwoCrops(0.3), TwoCrops(0.3, 0.5), TwoCrops(0.3, 1.0)]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda m: f"{type(m).__name__}-{m.views}-{vars(m)}")
@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(0, 400), min_size=1, max_size=8), seed=st.integers(0, 2**31))
def test_starts_stay_inside_the_clip(maker, lengths, seed):
    prepared(maker)
    length = torch.tensor(lengths)
    draw = maker.draw(length, 1, torch.Generator().manual_seed(seed))
    assert draw.start.shape == draw.source.shape == (len(lengths), maker.views)
    room = (length - maker.crop_samples).clamp(min=0)[:, None]
    assert bool(((draw.start >= 0) & (draw.start <= room)).all())
    again = maker.draw(length, 1, torch.Generator().manual_seed(seed))
    assert torch.equal(draw.start, again.start)


def test_temporal_proximity_draws_both_views_apart_and_uniformly():
    maker = prepared(TemporalProximity(5))
    start = maker.draw(torch.full((20000,), maker.crop_samples + 9), 1, torch.Generator().manual_seed(0)).start
    counts = torch.bincount(start[:, 0], minlength=10)
    assert counts.shape == (10,)  # every start from 0 to the last that fits, and no other
    assert (counts / 20000 - 0.1).abs().max() < 0.01
    together = torch.corrcoef(start.T.double())[0, 1]
    assert abs(together) < 0.03


def test_two_crops_share_what_they_must():
    length = torch.full((5000,), 1000)
    for overlap in (0.25, 0.5, 1.0):
        maker = prepared(TwoCrops(0.3, overlap))
        start = maker.draw(length, 1, torch.Generator().manual_seed(1)).start
        apart = (start[:, 0] - start[:, 1]).abs()
        assert apart.max() <= (1 - overlap) * maker.crop_samples
        if overlap < 1:
            assert apart.max() > 0.9 * (1 - overlap) * maker.crop_samples - 1  # the freedom is used
    free = prepared(TwoCrops(0.3, 0.0)).draw(length, 1, torch.Generator().manual_seed(1)).start
    assert (free[:, 0] - free[:, 1]).abs().max() > 800


def test_the_cut_takes_the_samples_it_says():
    wave = torch.arange(2 * 3 * 2 * 50).reshape(2, 3, 2, 50).float()
    maker = prepared(TemporalProximity(2))  # 14 samples
    draw = ViewDraw(torch.tensor([[0, 2], [1, 1]]), torch.tensor([[0, 36], [5, 6]]))
    views = maker.apply(wave, draw)
    for clip in range(2):
        for view in range(2):
            source, start = draw.source[clip, view], draw.start[clip, view]
            assert torch.equal(views[clip, view], wave[clip, source, :, start : start + 14])


def test_integers_become_full_scale_one_and_short_clips_are_filled():
    maker = prepared(TemporalProximity(2))
    views = maker.apply(torch.full((1, 1, 1, 5), -16384, dtype=torch.int16), ViewDraw(*torch.zeros(2, 1, 2).long()))
    assert views.dtype == torch.float32
    assert views[0, 0, 0].tolist() == [-0.5] * 5 + [0.0] * 9


def test_late_starts_of_long_recordings_are_reached():
    room = torch.full((200_000,), 2**27)
    start = uniform_start(room, torch.Generator().manual_seed(0))
    assert (start % 2).float().mean() == pytest.approx(0.5, abs=0.01)  # float32 would reach even starts only


@pytest.mark.parametrize("arguments", [{"frames": 0}, {"views": 0}])
def test_temporal_proximity_refuses_nonsense(arguments):
    with pytest.raises(ValueError, match="at least 1"):
        TemporalProximity(**arguments)


@pytest.mark.parametrize("arguments", [{"seconds": 0.0}, {"least_overlap": 1.5}])
def test_two_crops_refuses_nonsense(arguments):
    with pytest.raises(ValueError, match="TwoCrops"):
        TwoCrops(**arguments)
