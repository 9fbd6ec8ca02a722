from __future__ import annotations

import pytest
import torch

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.evaluation_head import EvaluationHead
from tests.evaluation.test_shallow_classifier import xor_clips

SMALL = {"hidden": 32, "steps": 150, "learning_rate": 1e-2}


@pytest.mark.parametrize("variant", ["paper", "code"])
def test_learns_what_a_linear_classifier_cannot(variant) -> None:
    head = EvaluationHead(**SMALL, variant=variant)
    (result,) = head.judge(xor_clips(400, 0), None, xor_clips(200, 2), "h", False, 0)
    assert result.metric == "head_accuracy"
    assert result.value > 0.95
    assert result.chance == pytest.approx(0.5, abs=0.1)
    (result,) = head.judge(xor_clips(400, 0), None, xor_clips(200, 2), "h", True, 0)
    assert result.metric == "head_map"
    assert result.value > 0.95


def test_layers_are_those_of_the_paper_and_of_the_code() -> None:
    def shapes(variant):
        head = EvaluationHead(hidden=7, steps=1, variant=variant).fit(xor_clips(9, 0), False, 0)
        return [tuple(p.shape) for p in head.parameters() if p.ndim == 2]

    assert shapes("paper") == [(7, 3), (7, 7), (2, 7)]
    assert shapes("code") == [(7, 3), (2, 7)]


def test_a_seed_gives_the_same_bits_and_the_global_state_stays() -> None:
    train, before = xor_clips(50, 0), torch.get_rng_state()
    heads = [EvaluationHead(**SMALL, variant="code").fit(train, False, seed) for seed in (0, 0, 1)]
    first, again, other = ([p.detach() for p in head.parameters()] for head in heads)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_every_clip_comes_once_before_any_comes_again() -> None:
    torch.manual_seed(0)
    batches = EvaluationHead(steps=7, batch_size=4)._rows(12)
    assert [len(b) for b in batches] == [4] * 7
    assert all(torch.equal(torch.cat(batches[i : i + 3]).sort().values, torch.arange(12)) for i in (0, 3))


def test_one_clip_and_one_class_are_enough() -> None:
    one = EmbeddedSet(torch.ones(1, 3), torch.ones(1, 1), torch.ones(1, dtype=torch.bool), ("a",))
    (result,) = EvaluationHead(hidden=2, steps=3).judge(one, None, one, "h", False, 0)
    assert result.value == 1


def test_nothing_to_do_is_refused() -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        EvaluationHead(steps=0)
