from __future__ import annotations

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from lightning_sepcl.evaluation import knn
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.knn import KNN, MOST_ROWS, knn_scores


def test_agrees_with_scikit_learns_neighbours() -> None:
    generator = torch.Generator().manual_seed(0)
    train, test = torch.randn(200, 6, generator=generator), torch.randn(MOST_ROWS + 30, 6, generator=generator)
    target = torch.eye(5)[torch.randint(0, 5, (200,), generator=generator)]
    theirs = KNeighborsClassifier(5, metric="cosine", weights=lambda d: (1 - d).clip(1e-3))
    theirs.fit(train.numpy(), target.argmax(1).numpy())
    expected = torch.from_numpy(theirs.predict_proba(test.numpy())).float()
    assert torch.allclose(knn_scores(train, target, test, k=5), expected, atol=1e-5)


def test_neighbours_weigh_by_their_cosine() -> None:
    train = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, -1.0]])
    score = knn_scores(train, torch.eye(3), torch.tensor([[5.0, 0.0]]), k=2)
    assert score[0].tolist() == pytest.approx([1 / 1.6, 0.6 / 1.6, 0])


def test_more_neighbours_than_clips_takes_all() -> None:
    score = knn_scores(torch.eye(2), torch.eye(2), torch.ones(1, 2), k=50)
    assert score[0].tolist() == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("multi_label", "metric", "n", "chance"), [(False, "knn_accuracy", 9, 1 / 3), (True, "knn_map", 3, 1 / 3)]
)
def test_separable_classes_are_perfect(multi_label: bool, metric: str, n: int, chance: float) -> None:
    target = torch.eye(3).repeat(3, 1)
    clips = EmbeddedSet(target, target, torch.ones(9, dtype=torch.bool), tuple("abcdefghi"))
    (result,) = KNN(k=3).judge(clips, None, clips, "h", multi_label, 0)
    assert (result.metric, result.value, result.n) == (metric, 1.0, n)
    assert result.chance == pytest.approx(chance)


def test_no_neighbours_cannot_vote() -> None:
    with pytest.raises(ValueError, match="k must be at least 1, found 0"):
        KNN(k=0)


def test_few_rows_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    train, target, test = torch.randn(40, 8), torch.eye(4)[torch.arange(40) % 4], torch.randn(9, 8)
    whole = knn_scores(train, target, test)
    monkeypatch.setattr(knn, "PAIRS", 80)
    torch.testing.assert_close(knn_scores(train, target, test), whole)
