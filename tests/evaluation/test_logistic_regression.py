from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from lightning_sepcl.evaluation.logistic_regression import LinearClassifier, logistic_regression


def problem(n: int, dim: int, classes: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(0, classes, (n,), generator=generator)
    centres = torch.randn(classes, dim, generator=generator)
    return (centres[index] + 2 * torch.randn(n, dim, generator=generator)).to(dtype), torch.eye(classes)[index]


@pytest.mark.parametrize("penalty", [1e-3, 1e-1])
def test_multinomial_optimum_is_scikit_learns(penalty: float) -> None:
    x, target = problem(150, 12, 4)
    ours = logistic_regression(x, target, penalty, tolerance=1e-9, max_steps=2000)
    theirs = LogisticRegression(C=1 / (150 * penalty), tol=1e-10, max_iter=5000).fit(
        x.numpy(), target.argmax(1).numpy()
    )
    assert np.abs(ours.weight.numpy() - theirs.coef_).max() < 1e-5
    bias = theirs.intercept_ - theirs.intercept_.mean()  # a common offset changes nothing
    assert np.abs((ours.bias - ours.bias.mean()).numpy() - bias).max() < 1e-5


def test_one_vs_rest_optimum_is_scikit_learns_class_by_class() -> None:
    x, _ = problem(150, 6, 2)
    target = (torch.rand(150, 3, generator=torch.Generator().manual_seed(1)) < 0.3).float()
    ours = logistic_regression(x, target, 0.01, multi_label=True, tolerance=1e-9, max_steps=2000)
    for c in range(3):
        theirs = LogisticRegression(C=1 / 1.5, tol=1e-10, max_iter=5000).fit(x.numpy(), target[:, c].numpy())
        assert np.abs(ours.weight[c].numpy() - theirs.coef_[0]).max() < 1e-5
        assert ours.bias[c].item() == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_default_tolerance_in_float32_is_as_good_as_the_optimum() -> None:
    x, target = problem(300, 40, 5)

    def objective(classifier: LinearClassifier) -> float:
        weight, bias = classifier.weight.double(), classifier.bias.double()
        return float(F.cross_entropy(x @ weight.T + bias, target.double()) + 0.005 * weight.square().sum())

    exact = logistic_regression(x, target, 0.01, tolerance=1e-9, max_steps=2000)
    quick = logistic_regression(x.float(), target, 0.01)
    assert quick.weight.dtype == torch.float32
    assert -1e-12 < objective(quick) - objective(exact) < 1e-5
    assert (exact(x).argmax(1) == quick(x.float()).argmax(1)).float().mean() > 0.98


def test_the_start_changes_nothing_but_the_time() -> None:
    x, target = problem(100, 5, 3)
    cold = logistic_regression(x, target, 0.01, tolerance=1e-8)
    warm = logistic_regression(x, target, 0.01, start=logistic_regression(x, target, 1.0), tolerance=1e-8)
    assert torch.allclose(cold.weight, warm.weight, atol=1e-5)


def test_order_of_clips_and_rotation_of_space_do_not_matter() -> None:
    x, target = problem(100, 5, 3)
    generator = torch.Generator().manual_seed(2)
    order = torch.randperm(100, generator=generator)
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=generator, dtype=torch.float64)).Q
    usual = logistic_regression(x, target, 0.01, tolerance=1e-8)(x)
    turned = logistic_regression(x[order] @ rotation, target[order], 0.01, tolerance=1e-8)(x @ rotation)
    assert torch.allclose(usual, turned, atol=1e-5)


def test_runs_in_inference_mode() -> None:
    with torch.inference_mode():
        x, target = problem(30, 3, 2)
        assert logistic_regression(x, target, 0.1)(x).isfinite().all()
