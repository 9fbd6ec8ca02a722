from __future__ import annotations

import torch
from sklearn.preprocessing import StandardScaler

from lightning_sepcl.evaluation.standardise import standardised


def test_agrees_with_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    train, test = torch.randn(50, 7, generator=generator) * 3 + 5, torch.randn(20, 7, generator=generator)
    scaler = StandardScaler().fit(train.double().numpy())
    for ours, theirs in zip(standardised(train, test), (train, test), strict=True):
        assert torch.allclose(ours, torch.from_numpy(scaler.transform(theirs.double().numpy())).float(), atol=1e-5)


def test_a_constant_dimension_becomes_zero_even_with_rounding_noise() -> None:
    noisy = 1000 * (1 + 1e-7 * torch.randn(50, 1, generator=torch.Generator().manual_seed(0)))
    train, test = standardised(noisy, noisy[:3] + 1)
    assert not train.any()
    assert not test.any()


def test_the_unit_of_a_dimension_does_not_matter() -> None:
    x = torch.randn(30, 3, generator=torch.Generator().manual_seed(0))
    (usual,), (tiny,) = standardised(x), standardised(x * torch.tensor([1e-12, 1.0, 1e9]))
    assert torch.allclose(usual, tiny, atol=1e-5)
