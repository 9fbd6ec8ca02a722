"""The coincidence loss: reference value, closed forms, balance."""

import json
import math
from pathlib import Path

import pytest
import torch

from lightning_sepcl.objectives.coincidence import coincidence_loss

REFERENCE = json.loads((Path(__file__).parents[1] / "golden/objectives/loss_ref.json").read_text())


def reference_logits():
    i, j = torch.arange(6, dtype=torch.float64)[:, None], torch.arange(6, dtype=torch.float64)
    return torch.sin(1.1 * i + 0.37 * j) + torch.where(i == j, 1.5, -0.5)


def random_logits(n, dtype=torch.float64):
    return 3 * torch.randn(n, n, generator=torch.Generator().manual_seed(n), dtype=dtype)


def slow(logits):
    """Eq. 2, term by term."""
    p = [[1 / (1 + math.exp(-x)) for x in row] for row in logits.tolist()]
    n = len(p)
    same = math.fsum(math.log(p[i][i]) for i in range(n)) / n
    different = math.fsum(math.log(1 - p[i][j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return -same - different


def test_reference_value_and_its_halves():
    loss, parts = coincidence_loss(reference_logits())
    assert loss.item() == pytest.approx(REFERENCE["coin_total"], rel=1e-13)
    assert parts["positive_loss"].item() == pytest.approx(REFERENCE["coin_pos"], rel=1e-13)
    assert parts["negative_loss"].item() == pytest.approx(REFERENCE["coin_neg"], rel=1e-13)


@pytest.mark.parametrize("n", [2, 3, 9])
def test_equals_the_slow_loop(n):
    assert coincidence_loss(random_logits(n))[0].item() == pytest.approx(slow(random_logits(n)), rel=1e-11)


@pytest.mark.parametrize("n", [2, 64])
def test_knowing_nothing_costs_two_bits_for_any_batch(n):
    assert coincidence_loss(torch.zeros(n, n))[0].item() == pytest.approx(2 * math.log(2), rel=1e-6)


def test_always_yes_and_always_no_cost_the_same():
    """Balance: although there are 63 times as many pairs that do not coincide."""
    yes, no = coincidence_loss(torch.full((64, 64), 5.0))[0], coincidence_loss(torch.full((64, 64), -5.0))[0]
    torch.testing.assert_close(yes, no)


def test_accuracies_count_pairs():
    logits = torch.tensor([[1.0, -1, -1], [-1, -1, 1], [1, -1, 1]])
    _, parts = coincidence_loss(logits)
    assert parts["positive_accuracy"].item() == pytest.approx(2 / 3)
    assert parts["negative_accuracy"].item() == pytest.approx(4 / 6)
    assert not any(value.requires_grad for value in coincidence_loss(logits.requires_grad_())[1].values())


def test_the_order_of_clips_does_not_count():
    logits, order = random_logits(7), torch.randperm(7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(coincidence_loss(logits[order][:, order])[0], coincidence_loss(logits)[0])


def test_gradient_is_the_numerical_one():
    assert torch.autograd.gradcheck(lambda x: coincidence_loss(x)[0], (random_logits(4).requires_grad_(),))


def test_large_logits_stay_finite_in_float16():
    logits = torch.full((4, 4), 300.0, dtype=torch.float16).fill_diagonal_(-300).requires_grad_()
    loss, _ = coincidence_loss(logits)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(600)
    assert logits.grad.isfinite().all()


def test_a_single_clip_is_refused():
    with pytest.raises(ValueError, match="at least 2 clips, found 1"):
        coincidence_loss(torch.zeros(1, 1))


def test_rows_of_several_processes_average_to_the_whole():
    """Each process holds some rows; `own` says at which column its clips begin."""
    logits = random_logits(9)
    parts = [coincidence_loss(logits[start : start + 3], start) for start in (0, 3, 6)]
    whole, figures = coincidence_loss(logits)
    assert sum(loss.item() for loss, _ in parts) / 3 == pytest.approx(whole.item(), rel=1e-12)
    for name, value in figures.items():
        assert sum(found[name].item() for _, found in parts) / 3 == pytest.approx(value.item())
