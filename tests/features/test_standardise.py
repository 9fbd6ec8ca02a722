from __future__ import annotations

import numpy as np
import pytest
import torch

from lightning_sepcl.features.standardise import Standardise


def parts() -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    scale = torch.arange(1, 5).float()[:, None]
    return [torch.randn(n, 2, 4, 7 + n, generator=rng) * scale + 3 * scale for n in (1, 5, 3, 8)]


def test_one_pair_for_everything():
    standardise = Standardise()
    standardise.fit(iter(parts()))
    values = np.concatenate([p.numpy().astype(np.float64).ravel() for p in parts()])
    assert standardise.mean.item() == pytest.approx(values.mean(), rel=1e-6)
    assert standardise.std.item() == pytest.approx(values.std(), rel=1e-6)


def test_one_pair_per_bin():
    standardise = Standardise(bins=4)
    standardise.fit(parts())
    for b in range(4):
        values = np.concatenate([p[:, :, b].numpy().astype(np.float64).ravel() for p in parts()])
        assert standardise.mean[b].item() == pytest.approx(values.mean(), rel=1e-6)
        assert standardise.std[b].item() == pytest.approx(values.std(), rel=1e-6)
    out = torch.cat([standardise(p).movedim(2, 0).flatten(1) for p in parts()], 1)
    torch.testing.assert_close(out.mean(1), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.std(1, correction=0), torch.ones(4))


def test_a_large_mean_costs_no_precision():
    standardise = Standardise()
    x = 1000 + 0.01 * torch.randn(40, 1, 10, 50, dtype=torch.float64)
    standardise.fit(x.split(1))
    assert standardise.std.item() == pytest.approx(x.std(correction=0).item(), rel=1e-6)


def test_the_order_of_parts_does_not_matter():
    forwards, backwards = Standardise(), Standardise()
    forwards.fit(parts())
    backwards.fit(parts()[::-1])
    torch.testing.assert_close(forwards.mean, backwards.mean)
    torch.testing.assert_close(forwards.std, backwards.std)


def test_fitting_again_starts_afresh():
    standardise = Standardise()
    standardise.fit([torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)])
    standardise.fit([torch.full((1, 1, 2, 2), 4.0), torch.full((1, 1, 2, 2), 8.0)])
    assert (standardise.mean.item(), standardise.std.item()) == (6, 2)


def test_what_never_changes_becomes_zero():
    standardise = Standardise()
    standardise.fit([torch.full((2, 1, 3, 4), 5.0)])
    assert torch.equal(standardise(torch.full((1, 1, 3, 4), 5.0)), torch.zeros(1, 1, 3, 4))


def test_unfitted_is_refused_and_a_checkpoint_is_enough():
    with pytest.raises(RuntimeError, match="not known"):
        Standardise()(torch.zeros(1, 1, 2, 2))
    fitted, fresh = Standardise(bins=4), Standardise(bins=4)
    fitted.fit(parts())
    with pytest.raises(RuntimeError, match="not known"):
        fresh(parts()[0])
    fresh.load_state_dict(fitted.state_dict())
    assert torch.equal(fresh(parts()[0]), fitted(parts()[0]))


def test_nothing_and_what_is_not_finite_are_refused():
    with pytest.raises(ValueError, match="no features"):
        Standardise().fit([torch.zeros(0, 1, 2, 2)])
    with pytest.raises(ValueError, match="not finite"):
        Standardise().fit([torch.tensor([[[[1.0, float("nan")]]]])])
    with pytest.raises(ValueError, match="`bins` is 3"):
        Standardise(bins=3).fit(parts())


def test_groups_of_channels_share_their_figures():
    x = (
        torch.randn(6, 5, 4, 7) * torch.tensor([1.0, 2.0, 0.01, 0.02, 0.03])[:, None, None]
        + torch.arange(5)[:, None, None]
    )
    standardise = Standardise(groups=(2, 3))
    standardise.fit([x[:2], x[2:]])
    for channels in (slice(0, 2), slice(2, 5)):
        part = x[:, channels].double()
        torch.testing.assert_close(standardise.mean[channels].double().flatten(), part.mean().expand(part.shape[1]))
        torch.testing.assert_close(
            standardise.std[channels].double().flatten(),
            part.std(correction=0).expand(part.shape[1]),
            rtol=1e-5,
            atol=0,
        )
    assert standardise(x).shape == x.shape
    with pytest.raises(ValueError, match="the features have 5 channels"):
        Standardise(groups=(2, 2)).fit([x])
    with pytest.raises(ValueError, match="exclude each other"):
        Standardise(bins=4, groups=(2, 3))
