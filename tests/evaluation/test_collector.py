from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lightning_sepcl.evaluation.collector import Collector, embed_clips, recording
from lightning_sepcl.records import Batch


def batch(first: int, n: int) -> Batch:
    wave = torch.zeros(n, 2, 1, 10, dtype=torch.int16)
    wave[:, 0] = torch.arange(first, first + n)[:, None, None].to(torch.int16) * 1024
    wave[:, 1] = 32767  # an isolated source, which is not what is evaluated
    keys = tuple(f"clip{i}" for i in range(first, first + n))
    return Batch(wave, torch.full((n,), 10), torch.eye(4)[:n], torch.arange(n) > 0, torch.arange(n), keys)


def mean(wave: Tensor, length: Tensor) -> dict[str, Tensor]:
    return {"mean": wave.mean(2), "twice": 2 * wave.mean(2)}


def test_the_recording_is_source_0_at_full_scale_1() -> None:
    assert recording(batch(1, 2))[:, 0, 0].tolist() == [1 / 32, 2 / 32]


def test_clips_come_in_order_with_labels_and_names() -> None:
    sets = embed_clips(mean, [batch(0, 2), batch(2, 3)])
    assert list(sets) == ["mean", "twice"]
    assert (sets["mean"].h[:, 0] * 32).tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(sets["twice"].h, 2 * sets["mean"].h)
    assert sets["mean"].keys == ("clip0", "clip1", "clip2", "clip3", "clip4")
    assert sets["mean"].labelled.tolist() == [False, True, False, True, True]
    assert sets["mean"].target[:, 0].tolist() == [1, 0, 1, 0, 0]


def test_nothing_collected_is_no_set() -> None:
    assert Collector().sets() == {}


def test_names_must_not_change() -> None:
    collector = Collector()
    collector.add(batch(0, 1), {"a": torch.zeros(1, 2)})
    with pytest.raises(ValueError, match=r"changed between batches: \['a'\], then \['b'\]"):
        collector.add(batch(1, 1), {"b": torch.zeros(1, 2)})
