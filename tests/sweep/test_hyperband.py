"""The rule by which runs are ended early, against W&B's own package."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.sweep.hyperband import Hyperband, bands_from, bands_until, to_stop

HISTORIES = st.lists(st.lists(st.integers(0, 12), max_size=14), min_size=1, max_size=9)


@settings(deadline=None, max_examples=150)
@given(
    histories=HISTORIES,
    rule=st.sampled_from([{"min_iter": 1}, {"min_iter": 2}, {"max_iter": 9, "s": 2}, {"max_iter": 20, "s": 5}]),
    eta=st.sampled_from([2, 3, 4, 1.5]),
    strict=st.sampled_from([None, True, False]),
    goal=st.sampled_from(["maximize", "minimize"]),
    data=st.data(),
)
def test_the_same_runs_are_ended_as_by_wandb(wandb_sweeps, histories, rule, eta, strict, goal, data):
    told = {} if strict is None else {"strict": strict}
    config = {
        "method": "random",
        "metric": {"name": "m", "goal": goal},
        "early_terminate": {"type": "hyperband", "eta": eta, **rule, **told},
    }
    running = data.draw(st.lists(st.booleans(), min_size=len(histories), max_size=len(histories)))
    runs = [
        wandb_sweeps.SweepRun(
            name=str(i), state="running" if running[i] else "finished", history=[{"m": v} for v in history]
        )
        for i, history in enumerate(histories)
    ]
    theirs = [run.name for run in wandb_sweeps.stop_runs(config, runs)]
    bands = bands_from(rule["min_iter"], eta) if "min_iter" in rule else bands_until(rule["max_iter"], eta, rule["s"])
    ours = Hyperband(bands, eta, strict is not False)
    named = {str(i): history for i, history in enumerate(histories)}
    assert to_stop(ours, named, [str(i) for i, is_on in enumerate(running) if is_on], goal) == theirs


def test_without_a_validation_at_a_band_nobody_is_ended():
    assert to_stop(Hyperband((2, 6)), {"a": [0.1], "b": [0.9, 0.9]}, ["a", "b"], "maximize") == []


def test_figures_that_are_none_do_not_count():
    assert to_stop(Hyperband((1,), 3), {"a": [float("nan"), 3.0], "b": [1.0]}, ["a"], "minimize") == ["a"]


@pytest.mark.parametrize(("eta", "count"), [(3, 3), (2, 9)])
def test_bands_count_back_from_the_end(eta, count):
    bands = bands_until(81, eta, count)
    assert bands == tuple(sorted(bands))
    assert bands[0] >= 1
    assert bands[-1] == 81 // eta
