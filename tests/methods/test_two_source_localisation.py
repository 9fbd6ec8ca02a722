from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment import ChannelSwap
from lightning_sepcl.evaluation.two_source_localisation import pair_error
from lightning_sepcl.methods import TwoSourceLocalisation
from lightning_sepcl.records import Batch
from tests.fakes.rooms import far_field
from tests.methods.test_event_localisation import build, trained


def pairs(count=12, samples=4800):
    """Noise from one side and low-passed noise from another; the last clip has one source only."""
    one = torch.arange(count) * 360 / count - 180.0
    other = torch.remainder(one + 90 + 10 * torch.arange(count) + 180, 360) - 180
    wave = torch.stack([far_field(float(a), samples, i) for i, a in enumerate(one)])
    low = torch.stack([far_field(float(a), samples, 50 + i) for i, a in enumerate(other)])
    wave = wave + (low + low.roll(1, -1) + low.roll(2, -1)) / 2
    zero = torch.zeros(count)
    direction = torch.stack([one, zero, zero + 1, other, zero, zero + 2], 1)
    direction[-1, 3:] = torch.nan
    target = torch.ones(count, 2)
    target[-1, 1] = 0
    known = torch.ones(count, dtype=torch.bool)
    lengths = torch.full((count,), samples)
    return Batch(wave[:, None], lengths, target, known, torch.arange(count), tuple(map(str, range(count))), direction)


def test_it_learns_both_directions_whatever_their_order():
    batch = pairs()
    model = build(TwoSourceLocalisation, wave=[ChannelSwap()], multi_label=True)
    losses = trained(model, batch, 90)
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
    with torch.no_grad():
        found = model.eval().predictions(batch.wave[:, 0], batch.length)
    assert found["azimuth"].shape == (12, 4)
    error = pair_error(found["azimuth"][:-1], batch.direction[:-1, ::3])
    assert error.mean() < 55  # 71 by chance


def test_the_order_of_the_sources_does_not_matter():
    batch = pairs()
    turned = Batch(
        batch.wave, batch.length, batch.target, batch.labelled, batch.index, batch.keys,
        torch.where(batch.direction[:, 3:4].isnan(), batch.direction, batch.direction.roll(3, 1)),
    )  # fmt: skip
    model = build(TwoSourceLocalisation, multi_label=True).train()
    one, other = (model.loss(b, torch.Generator().manual_seed(0))[0] for b in (batch, turned))
    torch.testing.assert_close(one, other)


def test_windows_are_put_in_order_before_their_mean():
    model = build(TwoSourceLocalisation, multi_label=True)
    east, north = [2.0, 0.0], [0.0, 0.5]
    windows = torch.tensor([[east + north, north + east, east + north]])
    assert model.mean_direction(windows).tolist() == [[1, 0, 0, 1]]


def test_what_it_needs():
    with pytest.raises(ValueError, match="count = 2"):
        build(TwoSourceLocalisation)
    model = build(TwoSourceLocalisation, multi_label=True)
    single = model.azimuths(torch.tensor([[30.0, 0.0, 1.0]]))
    assert single[0, 0] == 30
    assert bool(single[0, 1].isnan())
