from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.augment.mix import Mix


def drawn(n: int, views: int, seed: int = 0, plugin: Mix | None = None) -> dict[str, torch.Tensor]:
    plugin = plugin or Mix(0.1, 0.3)
    plugin.prepare(16000, views)
    return plugin.draw(torch.Size((n, 1, 10)), torch.Generator().manual_seed(seed))


@settings(deadline=None, derandomize=True)
@given(clips=st.integers(2, 20), views=st.integers(1, 4), seed=st.integers(0, 10_000))
def test_the_partner_is_never_a_view_of_the_same_clip(clips, views, seed):
    partner = drawn(clips * views, views, seed)["partner"]
    assert partner.min() >= 0
    assert partner.max() < clips * views
    assert (partner // views != torch.arange(clips * views) // views).all()


def test_every_view_of_every_other_clip_is_as_likely():
    counts = torch.zeros(8, 8)
    for seed in range(3000):
        counts[torch.arange(8), drawn(8, 2, seed)["partner"]] += 1
    own = torch.block_diag(*[torch.ones(2, 2)] * 4).bool()
    assert (counts[own] == 0).all()
    assert ((counts[~own] - 500).abs() < 5 * 500**0.5).all()


def test_level_stays_and_the_share_is_of_the_power():
    x = (
        torch.randn(4, 1, 100_000, generator=torch.Generator().manual_seed(0))
        * torch.tensor([1, 0.1, 10, 1])[:, None, None]
    )
    partner, share = torch.tensor([1, 2, 0, 0]), torch.tensor([0.0, 0.1, 0.5, 1.0])
    out = Mix().apply(x, {"partner": partner, "share": share})
    torch.testing.assert_close(out[0], x[0])
    torch.testing.assert_close(out.square().mean((1, 2)), x.square().mean((1, 2)), rtol=0.02, atol=0)
    # what is not the example's own part is the partner's, with `share` of the power
    rest = out - (1 - share).sqrt()[:, None, None] * x
    torch.testing.assert_close(rest.square().mean((1, 2)) / x.square().mean((1, 2)), share, rtol=1e-4, atol=1e-6)
    for i in (1, 2, 3):
        assert torch.corrcoef(torch.stack([rest[i, 0], x[partner[i], 0]]))[0, 1] > 0.9999


def test_shares_lie_between_the_ends():
    share = drawn(5000, 1)["share"]
    assert 0.1 <= share.min() < 0.105
    assert 0.295 < share.max() <= 0.3


def test_a_batch_of_one_clip_is_left_alone():
    plugin = Mix(0.5, 0.5)
    plugin.prepare(16000, 2)
    x = torch.randn(2, 1, 50)
    assert torch.equal(plugin(x, torch.Generator()), x)


@pytest.mark.parametrize("quiet", [0.0, 1e-40, 1e-30])
def test_a_loud_example_with_a_hardly_audible_partner_stays_finite(quiet):
    x = torch.stack([torch.full((1, 40), 1e6), torch.full((1, 40), quiet)])
    out = Mix().apply(x, {"partner": torch.tensor([1, 0]), "share": torch.tensor([0.36, 0.36])})
    torch.testing.assert_close(out[0], torch.full((1, 40), 0.8e6))
    assert torch.isfinite(out).all()


def test_silent_partners_and_silent_examples():
    x = torch.stack([torch.zeros(1, 40), torch.ones(1, 40)])
    out = Mix().apply(x, {"partner": torch.tensor([1, 0]), "share": torch.tensor([0.36, 0.36])})
    assert not out[0].any()
    torch.testing.assert_close(out[1], torch.full((1, 40), 0.8))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        Mix(0.0, 1.5)
    with pytest.raises(ValueError, match="whole clips"):
        drawn(5, 2)
