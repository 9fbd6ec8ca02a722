from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from lightning_sepcl.evaluation.average_precision import average_precision, mean_average_precision, mean_prevalence


@given(st.integers(0, 2**31), st.integers(1, 60), st.sampled_from([1, 3, 1000]))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_agrees_with_scikit_learn_with_and_without_ties(seed: int, n: int, levels: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    score = torch.randint(0, levels, (n, 4), generator=generator).float() / levels
    target = (torch.rand(n, 4, generator=generator) < 0.4).float()
    target[0] = 1  # scikit-learn defines no value without positives
    expected = [average_precision_score(target[:, c], score[:, c]) for c in range(4)]
    assert average_precision(score, target).tolist() == pytest.approx(expected, abs=1e-12)


def test_constant_scores_give_the_prevalence() -> None:
    target = (torch.arange(50) < 13).float()[:, None]
    assert average_precision(torch.zeros(50, 1), target).item() == pytest.approx(13 / 50, abs=1e-15)
    assert mean_prevalence(target) == pytest.approx(13 / 50)


def test_classes_without_positives_are_left_out_of_the_mean() -> None:
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    score = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert average_precision(score, target).isnan().tolist() == [False, True]
    assert mean_average_precision(score, target) == 1
    assert mean_prevalence(target) == 0.5
