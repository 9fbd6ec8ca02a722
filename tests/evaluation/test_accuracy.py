from __future__ import annotations

import pytest
import torch

from lightning_sepcl.evaluation.accuracy import accuracy, class_index, largest_class_share


def test_counts_clips_whose_best_class_is_theirs() -> None:
    target = torch.eye(4)[[0, 1, 2, 2]]
    assert accuracy(torch.eye(4)[[0, 1, 2, 3]], target) == 0.75
    assert largest_class_share(target) == 0.5


@pytest.mark.parametrize("row", [[0.0, 0.0], [1.0, 1.0]])
def test_clips_without_a_single_class_are_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match=r"1 of 2 labelled clips .* multi_label"):
        class_index(torch.tensor([[1.0, 0.0], row]))
