from __future__ import annotations

import pytest
import torch

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, held_out, joined


def numbered(n: int, first: int = 0) -> EmbeddedSet:
    h = torch.arange(first, first + n).float()[:, None]
    return EmbeddedSet(h, h.clone(), torch.arange(n) % 2 == 0, tuple(str(int(x)) for x in h))


def test_rows_must_agree() -> None:
    with pytest.raises(ValueError, match="one row per clip"):
        EmbeddedSet(torch.zeros(2, 1), torch.zeros(2, 1), torch.ones(2, dtype=torch.bool), ("a",))


def test_known_keeps_the_labelled_clips() -> None:
    assert numbered(5).known().keys == ("0", "2", "4")


def test_joined_keeps_order() -> None:
    both = joined(numbered(2), numbered(2, first=7))
    assert both.keys == ("0", "1", "7", "8")
    assert both.h[:, 0].tolist() == [0, 1, 7, 8]


def test_held_out_parts_are_disjoint_complete_and_repeatable() -> None:
    rest, part = held_out(numbered(40), 0.1, seed=3)
    assert len(part) == 4
    assert sorted(rest.keys + part.keys, key=int) == [str(i) for i in range(40)]
    assert held_out(numbered(40), 0.1, seed=3)[1].keys == part.keys
    assert held_out(numbered(40), 0.1, seed=4)[1].keys != part.keys
    assert len(held_out(numbered(3), 0.01, seed=0)[1]) == 1
