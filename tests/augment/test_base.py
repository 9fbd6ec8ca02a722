from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment.base import on_device, rows
from lightning_sepcl.augment.time_shift import TimeShift

NESTED = {"a": torch.arange(4), "inner": {"b": torch.arange(8).reshape(4, 2)}, "nothing": {}}


def test_rows_reach_into_nested_draws():
    for index in (torch.tensor([2, 0]), torch.tensor([True, False, True, False])):
        out = rows(NESTED, index)
        assert sorted(out["a"].tolist()) == [0, 2]
        assert torch.equal(out["inner"]["b"][:, 0], 2 * out["a"])
        assert out["nothing"] == {}


def test_devices_reach_into_nested_draws():
    out = on_device(NESTED, torch.device("meta"))
    assert out["a"].is_meta
    assert out["inner"]["b"].is_meta


def test_seconds_without_a_sample_rate_are_refused():
    with pytest.raises(RuntimeError, match=r"TimeShift .* prepare"):
        TimeShift().draw(torch.Size((1, 1, 100)), torch.Generator())
