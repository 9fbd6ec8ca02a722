"""Draws against W&B's own package, and the sentences about settings that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.errors import UserError
from lightning_sepcl.sweep.parameter import DISTRIBUTIONS, read_parameter

RANGE, EXPONENTS, BELL = {"min": 0.5, "max": 8.0}, {"min": -3.0, "max": 2.5}, {"mu": 1.5, "sigma": 0.4}
SPECS = {
    "uniform": RANGE,
    "int_uniform": {"min": 2, "max": 9},
    "log_uniform": EXPONENTS,
    "log_uniform_values": RANGE,
    "normal": BELL,
    "log_normal": BELL,
    "q_uniform": RANGE | {"q": 0.25},
    "q_log_uniform": EXPONENTS | {"q": 2},
    "q_log_uniform_values": RANGE | {"q": 0.5},
    "q_normal": BELL | {"q": 0.1},
    "q_log_normal": BELL | {"q": 1},
}
SHARES = [0.001, 0.03, 0.21, 0.45, 0.613, 0.77, 0.999]


def test_every_distribution_is_compared():
    assert set(SPECS) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("kind", SPECS)
def test_numbers_are_those_of_wandb(kind, wandb_sweeps):
    from sweeps.params import HyperParameter

    spec = {"distribution": kind, **SPECS[kind]}
    ours, theirs = read_parameter("a", spec, "x"), HyperParameter("a", spec)
    assert [ours.at(share) for share in SHARES] == pytest.approx([theirs.ppf(share) for share in SHARES], rel=1e-9)


@pytest.mark.parametrize(
    "spec",
    [{"values": list("abcde")}, {"values": list("abc"), "probabilities": [0.2, 0.5, 0.3]}, {"value": None}],
)
def test_choices_are_those_of_wandb(spec, wandb_sweeps):
    from sweeps.params import HyperParameter

    ours, theirs = read_parameter("a", spec, "x"), HyperParameter("a", spec)
    assert [ours.at(share) for share in SHARES] == [theirs.ppf(share) for share in SHARES]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({"min": 1, "max": 3}, "int_uniform"),
        ({"min": 1, "max": 3.5}, "uniform"),
        ({"values": [1]}, "categorical"),
        ({"values": [1, 2], "probabilities": [0.5, 0.5]}, "categorical_w_probabilities"),
        ({"value": 3}, "constant"),
    ],
)
def test_settings_that_name_no_distribution_mean_what_they_mean_to_wandb(spec, kind, wandb_sweeps):
    from sweeps.config import fill_parameter

    assert read_parameter("a", spec, "x").distribution == kind
    filled = fill_parameter("a", spec)[1]
    assert filled["distribution"] == kind


@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(-5, 5), st.integers(1, 9))
def test_whole_numbers_stay_in_their_range(share, low, span):
    drawn = read_parameter("a", {"min": low, "max": low + span}, "x").at(share)
    assert isinstance(drawn, int)
    assert low <= drawn <= low + span


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"distribution": "log_unifrom", "min": 1, "max": 2},
            "unknown name `log_unifrom`, did you mean `log_uniform`?",
        ),
        ({"value": 1, "values": [1]}, "unknown name `values`, did you mean `value`?"),
        ({"vals": [1]}, "unknown name `vals`, did you mean `values`?"),
        ({"min": 3, "max": 1}, "`min` 3 is not below `max` 1"),
        ({"min": 3}, "`max` is missing"),
        ({"distribution": "log_uniform_values", "min": 0.0, "max": 1.0}, "has no logarithm"),
        ({"distribution": "uniform", "min": "1e-3", "max": 1}, "`min` is '1e-3': it must be a number"),
        ({"values": []}, "`values` is a list with at least one value"),
        ({"values": [1, 2], "probabilities": [0.5, 0.2]}, "they add up to 1"),
        ({"parameters": {"a": {"value": 1}}}, "write dotted keys such as model.width"),
        (3, "write {value: ...}, {values: [...]} or {min: ..., max: ...}, not 3"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(spec, told):
    with pytest.raises(UserError) as error:
        read_parameter("model", spec, "sweep file mine.yaml")
    text = str(error.value)
    assert text.startswith("sweep file mine.yaml: parameter model")
    assert told in text
    assert "\n" not in text
