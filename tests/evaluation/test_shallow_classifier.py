from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.shallow_classifier import ShallowClassifier, class_logits

SMALL = {"hidden": 32, "learning_rate": 1e-2, "max_checks": 30}


def xor_clips(n: int, seed: int, noise: float = 0.1) -> EmbeddedSet:
    """Two classes no linear classifier can part: the sign of a product. A third dimension keeps norms alike."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (n, 2), generator=generator).float() * 2 - 1
    target = F.one_hot((signs.prod(1) > 0).long(), 2).float()
    h = torch.cat([signs + noise * torch.randn(n, 2, generator=generator), torch.ones(n, 1)], 1)
    return EmbeddedSet(h, target, torch.ones(n, dtype=torch.bool), tuple(map(str, range(n))))


def test_learns_what_a_linear_classifier_cannot() -> None:
    train, val, test = xor_clips(400, 0), xor_clips(100, 1), xor_clips(200, 2)
    found = ShallowClassifier(**SMALL).judge(train, val, test, "h", False, 0)
    assert [r.metric for r in found] == ["shallow_map", "shallow_accuracy"]
    assert min(r.value for r in found) > 0.98
    assert found[1].chance == pytest.approx(0.5, abs=0.1)


def test_reports_scikit_learns_map_of_its_own_scores() -> None:
    train, test = xor_clips(100, 0, noise=1.0), xor_clips(100, 1, noise=1.0)
    classifier = ShallowClassifier(**SMALL)
    (result,) = classifier.judge(train, test, test, "h", True, 4)
    score = class_logits(classifier.fit(train, test, True, 4), test.h).detach()
    expected = [average_precision_score(test.target[:, c], score[:, c]) for c in range(2)]
    assert result.value == pytest.approx(sum(expected) / 2, abs=1e-6)
    assert (result.metric, result.n) == ("shallow_map", 2)


def test_a_seed_gives_the_same_bits_and_the_global_state_stays() -> None:
    train, val = xor_clips(50, 0), xor_clips(20, 1)
    before = torch.get_rng_state()
    first, again, other = (ShallowClassifier(**SMALL).fit(train, val, False, seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_the_scale_of_an_embedding_does_not_matter() -> None:
    sets = [xor_clips(50, seed) for seed in range(3)]
    scaled = [s.with_h(s.h * 2.0 ** torch.arange(-25, 25)[:, None]) for s in sets]
    usual, other = (ShallowClassifier(**SMALL).judge(*three, "h", True, 0)[0].value for three in (sets, scaled))
    assert usual == pytest.approx(other, abs=1e-6)


def test_keeps_the_weights_of_the_best_look_and_stops_after_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.9])
    kept = []

    def scripted(score: torch.Tensor, target: torch.Tensor) -> float:
        kept.append(score.clone())
        return next(looks)

    monkeypatch.setattr("lightning_sepcl.evaluation.shallow_classifier.mean_average_precision", scripted)
    train, val = xor_clips(50, 0), xor_clips(20, 1)
    weights = ShallowClassifier(hidden=8, patience=3).fit(train, val, False, 0)
    assert len(kept) == 5  # best at the second look, then three without a new best
    assert torch.equal(class_logits(weights, val.h), kept[1])


def test_initial_weights_are_those_of_a_linear_layer_in_law() -> None:
    weights = ShallowClassifier(hidden=2000, max_checks=0).fit(xor_clips(4, 0), xor_clips(4, 1), False, 0)
    assert [tuple(w.shape) for w in weights] == [(2000, 3), (2000,), (2, 2000), (2,)]
    assert weights[0].abs().max() <= 3**-0.5
    assert weights[0].std().item() == pytest.approx(1 / 3, rel=0.05)  # uniform within a has deviation a / sqrt(3)
