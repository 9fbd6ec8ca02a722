from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment import Mixup


def mixed(x, share, partner):
    params = {"share": torch.tensor([share] * len(x)), "partner": torch.tensor(partner)}
    return Mixup().apply(x, params)


def test_the_definition_by_hand():
    x = torch.tensor([[[1.0, -1.0], [1.0, 1.0]], [[6.0, 0.0], [0.0, 0.0]]])
    y = x[1] / 3.0  # rms 3 -> 1
    expected = 0.75 * x[0] + 0.25 * y
    expected = expected / expected.square().mean().sqrt()
    torch.testing.assert_close(mixed(x, 0.25, [1, 0])[0], expected)


def test_levels_stay_and_microphones_keep_their_differences():
    x = (
        torch.randn(4, 3, 500)
        * torch.tensor([1.0, 0.1, 3.0])[:, None]
        * torch.tensor([1.0, 5.0, 0.2, 1.0])[:, None, None]
    )
    out = Mixup(0.0, 0.3)(x, torch.Generator().manual_seed(0))
    torch.testing.assert_close(out.square().mean((1, 2)), x.square().mean((1, 2)))
    assert not torch.equal(out, x)


def test_silence_stays_silent_and_adds_nothing():
    x = torch.stack([torch.zeros(2, 8), torch.randn(2, 8)])
    out = mixed(x, 0.5, [1, 0])
    assert torch.equal(out[0], x[0])
    torch.testing.assert_close(out[1], x[1])


def test_the_partner_is_another_clip():
    plugin = Mixup()
    plugin.prepare(16000, views=2)
    partner = plugin.draw(torch.Size((8, 2, 4)), torch.Generator().manual_seed(0))["partner"]
    assert all(int(p) // 2 != i // 2 for i, p in enumerate(partner))


def test_shares_that_cannot_be():
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Mixup(0.0, 1.5)
