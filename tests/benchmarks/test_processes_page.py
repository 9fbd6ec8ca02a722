"""1 beside 2 processes: what the page compares, and that the repository's page is its record's."""

from __future__ import annotations

import json

import pytest
import torch
import two_processes


def rank(loss, weight, seconds=0.5):
    tensors = {"w": torch.tensor([3.0, weight])}
    return {"losses": [1.0, loss], "seconds": [9.0, 9.0, seconds], "gradients": tensors, "weights": tensors}


def test_the_mean_of_two_is_compared_with_one():
    found = two_processes.compared([rank(2.0, 4.0)], [rank(1.5, 4.0), rank(2.7, 4.05, seconds=1.0)], batch=8)
    assert found["losses"]["2 processes, mean"] == [1.0, pytest.approx(2.1)]
    assert found["largest difference of a loss"] == pytest.approx(0.1)
    assert found["gradient of the first step"] == pytest.approx(0.01)  # 0.05 out of 5
    assert found["clips per second"] == {"1 process": 16.0, "2 processes": 8.0}


def test_the_page_of_the_repository_is_that_of_its_record():
    record = json.loads(two_processes.RECORD.read_text())
    text = two_processes.PAGE.read_text()
    assert text == two_processes.page(record)
    assert record["environment"]["commit"] in text
    assert record["figures"]["largest difference of a loss"] < 1e-2
    assert record["figures"]["gradient of the first step"] < 1e-3
    assert record["figures"]["weights of the two processes"] == 0
