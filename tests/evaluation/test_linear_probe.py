from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, joined
from lightning_sepcl.evaluation.linear_probe import LinearProbe


def noisy_classes(n: int, noise: float, seed: int, classes: int = 4, dim: int = 10) -> EmbeddedSet:
    centres = torch.randn(classes, dim, generator=torch.Generator().manual_seed(99))
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(0, classes, (n,), generator=generator)
    h = 5 + centres[index] + noise * torch.randn(n, dim, generator=generator)
    return EmbeddedSet(h, torch.eye(classes)[index], torch.ones(n, dtype=torch.bool), tuple(map(str, range(n))))


def test_one_penalty_gives_scikit_learns_accuracy_on_train_and_val_together() -> None:
    train, val, test = (noisy_classes(n, 1.5, seed) for seed, n in enumerate((150, 50, 200)))
    (result,) = LinearProbe((0.01,)).judge(train, val, test, "h", False, 0)
    fit = joined(train, val)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (200 * 0.01), max_iter=5000, tol=1e-8))
    pipeline.fit(fit.h.numpy(), fit.target.argmax(1).numpy())
    expected = pipeline.score(test.h.numpy(), test.target.argmax(1).numpy())
    assert result.metric == "linear_accuracy"
    assert result.value == pytest.approx(expected, abs=1.01 / 200)  # one clip may stand on the boundary
    assert 0.5 < expected < 0.95  # neither trivial nor hopeless


def test_the_penalty_is_chosen_on_the_validation_clips() -> None:
    train, val, test = (noisy_classes(n, 3.0, seed) for seed, n in enumerate((60, 400, 400)))
    penalties = (1e-4, 1e-2, 1.0, 100.0)
    (chosen,) = LinearProbe(penalties).judge(train, val, test, "h", False, 0)
    alone = {}
    for penalty in penalties:  # trained on train, tested on val: what the choice looks at
        probe = LinearProbe((penalty,))
        classifier = probe._best(train, val, False)[1]
        mean, std = train.h.mean(0), train.h.std(0, correction=0)
        alone[penalty] = (classifier((val.h - mean) / std).argmax(1) == val.target.argmax(1)).float().mean().item()
    best = max(p for p, accuracy in alone.items() if accuracy == max(alone.values()))
    assert chosen.protocol.endswith(f"penalty {best:g}")


@pytest.mark.parametrize(("multi_label", "metric"), [(False, "linear_accuracy"), (True, "linear_map")])
def test_separable_classes_are_perfect_and_noise_is_chance(multi_label: bool, metric: str) -> None:
    train, test = noisy_classes(120, 0.01, 0), noisy_classes(800, 0.01, 1)
    (clear,) = LinearProbe().judge(train, None, test, "h", multi_label, 0)
    assert (clear.metric, clear.value) == (metric, 1.0)
    lost = test.with_h(torch.randn(800, 10, generator=torch.Generator().manual_seed(5)))
    (noise,) = LinearProbe().judge(train, None, lost, "h", multi_label, 0)
    assert noise.value == pytest.approx(noise.chance, abs=0.06)


def test_scale_and_offset_of_the_embedding_do_not_matter() -> None:
    sets = [noisy_classes(n, 1.5, seed) for seed, n in enumerate((100, 50, 200))]
    moved = [s.with_h(s.h * torch.logspace(-3, 3, 10) + 2) for s in sets]
    (usual,), (other,) = (LinearProbe().judge(*three, "h", False, 0) for three in (sets, moved))
    assert usual.value == pytest.approx(other.value, abs=1.01 / 200)


def test_penalties_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        LinearProbe((0.0, 1.0))
