"""1 beside 2 processes: what the page compares, and that the repository's page is its record's."""

from __future__ import annotations

import json

import data_parallel
import pytest
import torch


def rank(loss, weight, seconds=0.5):
    tensors = {"w": torch.tensor([3.0, weight])}
    return {"losses": [1.0, loss], "seconds": [9.0, 9.0, seconds], "gradients": tensors, "weights": tensors}


def test_the_mean_of_two_is_compared_with_one():
    together = [rank(1.5, 4.0), rank(2.7, 4.05, seconds=1.0)]
    found = data_parallel.compared([rank(2.0, 4.0)], [rank(2.0, 4.0)], together, batch=8)
    assert found["losses"]["2 processes"] == [1.0, pytest.approx(2.1)]
    apart = found["differences"]
    assert apart["2 processes"]["loss, any step"] == pytest.approx(0.1)
    assert apart["2 processes"]["loss, first step"] == 0
    assert apart["2 processes"]["gradient, first step"] == pytest.approx(0.01, rel=1e-5)  # 0.05 out of 5
    assert set(apart["1 process, other order"].values()) == {0}
    assert found["clips per second"] == {"1 process": 16.0, "2 processes": 8.0}


def test_the_page_of_the_repository_is_that_of_its_record():
    record = json.loads(data_parallel.RECORD.read_text())
    text = data_parallel.PAGE.read_text()
    assert text == data_parallel.page(record)
    assert record["environment"]["commit"] in text
    apart = record["figures"]["differences"]["2 processes"]
    assert apart["loss, first step"] < 1e-4
    assert apart["gradient, first step"] < 1e-2
    assert record["figures"]["weights of the two processes"] == 0
