"""Cross-entropies against PyTorch's on the labelled rows, and what happens where nothing is labelled."""

import math

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy

LABELLED = torch.tensor([True, False, True, True, False])


def logits(dtype=torch.float64):
    return 2 * torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=dtype)


def one_hot(classes):
    return torch.eye(3)[torch.tensor(classes)]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_of_the_labelled_rows(smoothing):
    loss = CrossEntropy(smoothing)(logits(), one_hot([0, 1, 2, 2, 0]), LABELLED)
    true = functional.cross_entropy(logits()[LABELLED], torch.tensor([0, 2, 2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, true)


def test_several_classes_share_the_weight():
    target = torch.tensor([[1.0, 0, 1]])
    p = logits()[:1].log_softmax(1)[0]
    torch.testing.assert_close(CrossEntropy()(logits()[:1], target, LABELLED[:1]), -(p[0] + p[2]) / 2)


def test_a_clip_without_a_class_says_nothing_about_which():
    target, every = one_hot([0, 1, 2, 2, 0]) * LABELLED[:, None], torch.ones(5, dtype=torch.bool)
    for objective in (CrossEntropy(), CrossEntropy(0.1)):
        torch.testing.assert_close(objective(logits(), target, every), objective(logits(), target, LABELLED))


def test_binary_cross_entropy_of_the_labelled_rows():
    target = (torch.rand(5, 3, generator=torch.Generator().manual_seed(1)) > 0.5).float()
    p = logits()[LABELLED].sigmoid()
    true = -torch.where(target[LABELLED] > 0, p.log(), (1 - p).log()).mean()
    torch.testing.assert_close(BinaryCrossEntropy()(logits(), target, LABELLED), true)


def test_knowing_nothing():
    zeros, target = torch.zeros(5, 3), one_hot([0, 1, 2, 2, 0])
    assert CrossEntropy()(zeros, target, LABELLED).item() == pytest.approx(math.log(3))
    assert BinaryCrossEntropy()(zeros, target, LABELLED).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("objective", [CrossEntropy(), CrossEntropy(0.1), BinaryCrossEntropy()])
class TestBoth:
    def test_nothing_labelled_gives_zero_with_a_graph(self, objective):
        x = logits().requires_grad_()
        loss = objective(x, torch.zeros(5, 3), torch.zeros(5, dtype=torch.bool))
        loss.backward()
        assert loss.item() == 0
        assert torch.equal(x.grad, torch.zeros(5, 3, dtype=torch.float64))

    def test_unlabelled_rows_get_no_gradient(self, objective):
        x = logits().requires_grad_()
        objective(x, one_hot([0, 1, 2, 2, 0]), LABELLED).backward()
        assert [bool(row.any()) for row in x.grad] == LABELLED.tolist()

    def test_gradient_is_the_numerical_one(self, objective):
        target = one_hot([0, 1, 2, 2, 0])
        assert torch.autograd.gradcheck(lambda x: objective(x, target, LABELLED), (logits().requires_grad_(),))

    def test_coarse_logits_are_computed_in_float32(self, objective):
        x, target = logits(torch.bfloat16), one_hot([0, 1, 2, 2, 0])
        loss = objective(x, target, LABELLED)
        assert torch.equal(loss, objective(x.float(), target, LABELLED))


def test_too_much_smoothing_is_refused():
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        CrossEntropy(1.0)
