from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from torch import Tensor

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.query_by_example import CHUNK, QueryByExample, _among, query_by_example


def clips(n: int, classes: int, dim: int, seed: int = 0, several: bool = False) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.eye(classes)[torch.arange(n) % classes]
    if several:
        target = (torch.rand(n, classes, generator=generator) < 0.3).float()
    return torch.randn(n, dim, generator=generator), target


def slow(h: Tensor, target: Tensor) -> list[float]:
    """Straight from the definition, for all pairs: loops, float64, scikit-learn."""
    x = h.double().numpy()
    found = []
    for c in range(target.shape[1]):
        present, absent = np.flatnonzero(target[:, c] > 0), np.flatnonzero(target[:, c] == 0)
        score, hit = [], []
        for i, a in enumerate(present):
            for is_target, others in ((1, present[i + 1 :]), (0, absent)):
                for b in others:
                    norms = max(np.sqrt(x[a] @ x[a]), 1e-30) * max(np.sqrt(x[b] @ x[b]), 1e-30)
                    score.append(round(float(x[a] @ x[b] / norms) * 2**20))
                    hit.append(is_target)
        enough = len(present) > 1 and len(absent)
        found.append(average_precision_score(hit, score) if enough else float("nan"))
    return found


@pytest.mark.parametrize("several", [False, True])
def test_agrees_with_loops_and_scikit_learn(several: bool) -> None:
    h, target = clips(60, 4, 8, several=several)
    result = query_by_example(h, target, ratio=None)
    # the few cosines on the edge between two steps may fall to either side
    assert result.per_class.tolist() == pytest.approx(slow(h, target), abs=1e-5)


def test_agrees_with_scikit_learn_where_many_pairs_tie() -> None:
    h, target = clips(60, 3, 4, seed=1)
    h = h.sign() * (torch.arange(60) % 7 > 0)[:, None]  # cosines -1, -.5, 0, .5, 1 and some zero vectors
    assert query_by_example(h, target, ratio=None).per_class.tolist() == pytest.approx(slow(h, target), abs=1e-9)


@given(st.lists(st.integers(-(2**20), 2**20) | st.integers(-3, 3), min_size=1, max_size=60), st.integers(0, 60))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_targets_are_ordered_and_the_others_counted(steps: list[int], targets: int) -> None:
    steps_of = np.array(steps, np.int32)
    ordered, above = _among(steps_of[:targets], steps_of[targets:])
    assert ordered.tolist() == sorted(steps[:targets])
    assert above.tolist() == [sum(other >= target for other in steps[targets:]) for target in sorted(steps[:targets])]


def test_random_embeddings_score_chance() -> None:
    h, target = clips(4000, 40, 128)
    result = query_by_example(h, target)
    assert result.chance == pytest.approx(4950 / (4950 + 10000))  # 100 present and 100 not-present clips
    assert result.map == pytest.approx(result.chance, abs=0.005)


def test_one_hot_embeddings_are_perfect() -> None:
    _, target = clips(60, 3, 1)
    assert query_by_example(target * 7, target, ratio=None).map == 1


@pytest.mark.parametrize("dim", [1, 3, 127, 128, 1792])
@pytest.mark.parametrize("ratio", [1.0, None])
def test_constant_embeddings_score_exactly_chance(dim: int, ratio: float | None) -> None:
    h, target = clips(97, 3, dim)  # an odd count: matrix products treat their edges differently
    result = query_by_example(h[:1].expand(97, -1), target, ratio=ratio)
    assert result.map == pytest.approx(result.chance, abs=1e-15)


def test_copies_of_clips_tie_exactly_wherever_they_stand() -> None:
    # every clip twice, once labelled with the class and once without: each cosine is seen as target and non-target
    h, _ = clips(50, 1, 99)
    target = torch.cat([torch.ones(50, 1), torch.zeros(50, 1)])
    result = query_by_example(torch.cat([h, h]), target, ratio=None)
    assert result.per_class.tolist() == pytest.approx(slow(torch.cat([h, h]), target), abs=1e-7)


def test_zero_vectors_are_no_trouble() -> None:
    h, target = clips(40, 2, 5)
    assert np.isfinite(query_by_example(h * (torch.arange(40) % 3 > 0)[:, None], target).map)
    result = query_by_example(torch.zeros(40, 5), target)
    assert result.map == pytest.approx(result.chance, abs=1e-15)


def test_large_and_tiny_embeddings_do_not_overflow() -> None:
    h, target = clips(40, 2, 5)
    usual = query_by_example(h, target).map
    assert query_by_example(h * 2.0**100, target).map == usual
    assert query_by_example(h * 2.0**-100, target).map == usual


def test_more_noise_is_worse() -> None:
    h, target = clips(400, 4, 16)
    found = [query_by_example(4 * target @ h[:4] + noise * h, target).map for noise in (0.0, 1.0, 3.0, 10.0, 30.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1


def test_classes_with_too_few_clips_are_skipped_and_counted() -> None:
    h, target = clips(20, 2, 4)
    odd = torch.zeros(20, 3)
    odd[0, 0] = 1  # one present clip; none; no clip without it
    odd[:, 2] = 1
    result = query_by_example(h, torch.cat([target, odd], 1))
    assert result.per_class.isnan().tolist() == [False, False, True, True, True]
    assert (result.classes_scored, result.classes_skipped) == (2, 3)
    assert result.map == query_by_example(h, target).map


def test_no_class_to_score_gives_nan() -> None:
    result = query_by_example(torch.eye(3), torch.zeros(3, 2))
    assert np.isnan(result.map)
    assert np.isnan(result.chance)


def test_only_clips_known_to_lack_the_class_are_compared() -> None:
    h, target = clips(90, 3, 6)
    not_present = (1 - target) * (torch.arange(90) < 60)[:, None].float()
    kept = (target[:, 0] > 0) | (not_present[:, 0] > 0)
    limited = query_by_example(h, target, not_present=not_present, ratio=None).per_class[0]
    assert limited == query_by_example(h[kept], target[kept], ratio=None).per_class[0]


@pytest.mark.parametrize(
    ("ratio", "present", "absent"), [(1.0, 20, 20), (2.5, 20, 50), (1000.0, 20, 980), (0.01, 20, 1)]
)
def test_chance_tells_how_many_were_drawn(ratio: float, present: int, absent: int) -> None:
    target = (torch.arange(1000) < 500).float()[:, None]
    target[20:500] = 0
    result = query_by_example(torch.randn(1000, 3), target, ratio=ratio, max_present=100)
    pairs = present * (present - 1) / 2
    assert result.chance == pytest.approx(pairs / (pairs + present * absent))


def test_many_others_are_compared_in_parts() -> None:
    h, target = clips(CHUNK * 2 + 77, 1, 3)
    target[7:] = 0
    x, hit = torch.nn.functional.normalize(h.double(), dim=1), target[:, 0] > 0
    cosine = x[hit] @ x.T
    score = np.r_[cosine[:, hit].numpy()[np.triu_indices(7, 1)], cosine[:, ~hit].numpy().ravel()]
    expected = average_precision_score(np.arange(len(score)) < 21, score)
    assert query_by_example(h, target, ratio=None).map == pytest.approx(expected, rel=1e-3)


def test_a_seed_draws_the_same_and_another_draws_otherwise() -> None:
    h, target = clips(600, 2, 4)
    first, again, other = (query_by_example(h, target, seed=seed).map for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_class_does_not_depend_on_the_others() -> None:
    h, target = clips(600, 3, 4)
    assert query_by_example(h, target[:, :1]).map == query_by_example(h, target).per_class[0]


def test_not_finite_embeddings_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        query_by_example(torch.full((4, 2), torch.nan), torch.eye(2).repeat(2, 1))


@given(st.integers(0, 2**31), st.integers(-20, 20))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_neither_order_nor_scale_nor_rotation_matters(seed: int, power: int) -> None:
    h, target = clips(45, 3, 6, seed)
    generator = torch.Generator().manual_seed(seed)
    usual = query_by_example(h, target, ratio=None).per_class
    order = torch.randperm(45, generator=generator)
    assert torch.allclose(query_by_example(h[order], target[order], ratio=None).per_class, usual, rtol=0, atol=1e-12)
    scale = 2.0**power * (1 + torch.rand(45, 1, generator=generator))  # each clip its own
    assert torch.allclose(query_by_example(h * scale, target, ratio=None).per_class, usual, rtol=0, atol=1e-3)
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=generator)).Q
    assert torch.allclose(query_by_example(h @ rotation, target, ratio=None).per_class, usual, rtol=0, atol=1e-3)


def test_the_protocol_standardises_away_an_offset() -> None:
    _, target = clips(80, 4, 4)
    offset = target + 1000  # every cosine is almost 1
    test = EmbeddedSet(offset, target, torch.ones(80, dtype=torch.bool), tuple(map(str, range(80))))
    (result,) = QueryByExample(ratio=None).judge(test, None, test, "h", False, 3)
    assert (result.what, result.metric, result.value, result.n, result.seed) == ("h", "qbe_map_all_others", 1.0, 4, 3)
    assert "standardised" in result.protocol
    (raw,) = QueryByExample(standardise=False).judge(test, None, test, "h", False, 0)
    assert raw.metric == "qbe_map"
    assert "standardised" not in raw.protocol
