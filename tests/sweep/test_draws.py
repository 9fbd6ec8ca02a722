from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from lightning_sepcl.sweep.draws import draw, size
from lightning_sepcl.sweep.sweep_file import read_sweep
from lightning_sepcl.sweep.trial import Trial


def ended(number, drawn, value, ending="finished"):
    return Trial(number, drawn, Path(f"run-{number:03d}"), ending, curve={10: value})


def test_a_grid_goes_through_the_same_points_in_the_same_order_as_wandb(content, write, wandb_sweeps):
    sweep = read_sweep(write(content))
    assert size(sweep) == 6
    theirs = wandb_sweeps.next_runs(content, [], n=6)
    points = [{name: entry["value"] for name, entry in run.config.items()} for run in theirs]
    assert [draw(sweep, 0, number, []) for number in range(6)] == points


def test_random_draws_depend_on_seed_and_number_alone(content, write):
    content |= {"method": "random", "parameters": {"a": {"min": 0.0, "max": 1.0}, "b": {"values": ["x", "y"]}}}
    sweep = read_sweep(write(content))
    first = [draw(sweep, 3, number, []) for number in range(40)]
    random.seed(9)
    assert [draw(sweep, 3, number, [ended(0, first[0], 0.5)]) for number in range(40)] == first
    assert draw(sweep, 4, 0, []) != first[0]
    assert len({point["a"] for point in first}) == 40
    assert 0.3 < sum(point["a"] for point in first) / 40 < 0.7
    assert size(sweep) is None


def test_bayes_draws_depend_on_the_seed_and_the_runs_before(content, write, wandb_sweeps):
    content |= {"method": "bayes", "parameters": {"a": {"min": 0.0, "max": 1.0}, "b": {"value": "null"}}}
    sweep = read_sweep(write(content))
    before = [ended(i, {"a": a, "b": "null"}, 1 - (a - 0.7) ** 2) for i, a in enumerate((0.1, 0.4, 0.65, 0.8, 0.95))]
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    again = [draw(sweep, 0, 5, before) for _ in range(2)]
    assert again[0] == again[1]
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert again[0]["b"] == "null"
    assert 0.5 < again[0]["a"] < 0.9  # near the summit of what it was shown
    assert type(again[0]["a"]) is float
    assert draw(sweep, 1, 5, before[:2]) != draw(sweep, 0, 5, before[:2])


def test_bayes_without_its_package_says_so(content, write, monkeypatch):
    monkeypatch.setattr("lightning_sepcl.sweep.bayes.wandb_sweeps", lambda: None)
    content |= {"method": "bayes"}
    with pytest.raises(Exception, match=r"pip install \"lightning_sepcl\[sweeps\]\", or use method random"):
        draw(read_sweep(write(content)), 0, 0, [])
