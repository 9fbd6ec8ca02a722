from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.identity import Identity
from lightning_sepcl.augment.mix import Mix
from lightning_sepcl.augment.one_of import OneOf, Sometimes


def fixed(db: float) -> Gain:
    return Gain(db, db)


def test_each_example_goes_through_one_part():
    plugin = OneOf([fixed(20.0), OneOf([fixed(40.0), Identity()]), fixed(-20.0)])
    out = plugin(torch.ones(3000, 1, 2), torch.Generator().manual_seed(0))
    assert torch.equal(out[:, 0, 0], out[:, 0, 1])
    shares = [(torch.isclose(out[:, 0, 0], torch.tensor(v))).float().mean().item() for v in (10.0, 100.0, 1.0, 0.1)]
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([1 / 3, 1 / 6, 1 / 6, 1 / 3], abs=0.03)


def test_weights_are_in_any_scale():
    choice = OneOf([fixed(0.0)] * 3, [2.0, 0.0, 6.0]).draw(
        torch.Size((20_000, 1, 1)), torch.Generator().manual_seed(0)
    )["choice"]
    counts = torch.bincount(choice, minlength=3)
    assert counts[1] == 0
    assert counts[0].item() == pytest.approx(5000, abs=300)


def test_a_part_that_mixes_still_sees_the_whole_batch():
    mix = Mix(1.0, 1.0)
    plugin = OneOf([mix, Identity()])
    plugin.prepare(16000, 1)
    x = torch.eye(6)[:, None] + 0.0
    params = plugin.draw(x.shape, torch.Generator().manual_seed(0))
    out = plugin.apply(x, params)
    mixed = params["choice"] == 0
    assert 0 < mixed.sum() < 6
    assert torch.equal(out[~mixed], x[~mixed])
    torch.testing.assert_close(out[mixed], x[params["0"]["partner"][mixed]])


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_sometimes_is_applied_to_that_part(p):
    out = Sometimes(fixed(20.0), p)(torch.ones(10_000, 1, 1), torch.Generator().manual_seed(0))
    assert (out > 5).float().mean().item() == pytest.approx(p, abs=0.02 if 0 < p < 1 else 0)


def test_what_cannot_be_is_refused():
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0]):
        with pytest.raises(ValueError, match="weights"):
            OneOf([Gain(), Identity()], weights)
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        Sometimes(Gain(), 1.5)
