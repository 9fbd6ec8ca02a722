from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.ledger.verdict import Verdict, judge, judge_about, summary, verdict

NUMBERS = st.lists(st.floats(-1, 1), min_size=3, max_size=8)


@pytest.mark.parametrize(
    ("differences", "margin", "decision"),
    [
        ([0.10, 0.11, 0.12], 0.0, "confirmed"),  # interval 0.085 .. 0.135
        ([0.10, 0.11, 0.12], 0.084, "confirmed"),
        ([0.10, 0.11, 0.12], 0.09, "cannot decide"),
        ([0.10, 0.11, 0.12], 0.14, "contradicted"),
        ([-0.10, -0.11, -0.12], 0.0, "contradicted"),
        ([-0.10, -0.11, -0.12], -0.2, "confirmed"),
        ([0.1, -0.1, 0.05], 0.0, "cannot decide"),
        ([0.2, 0.2, 0.2], 0.0, "confirmed"),
        ([0.0, 0.0, 0.0], 0.0, "cannot decide"),
        ([0.5, 0.5], 0.0, "cannot decide"),
        ([], 0.0, "cannot decide"),
    ],
)
def test_known_answers(differences, margin, decision):
    assert judge(differences, larger=True, margin=margin).decision == decision


def test_at_least_is_content_with_equal():
    assert judge([0.0, 0.0, 0.0], larger=True, margin=0.0, strict=False).decision == "confirmed"
    assert judge([-0.2, -0.2, -0.2], larger=True, margin=0.0, strict=False).decision == "contradicted"


@pytest.mark.parametrize(
    ("shift", "within", "decision"),
    [
        (0.0, 0.136, "confirmed"),  # interval 0.085 .. 0.135
        (0.0, 0.134, "cannot decide"),
        (0.0, 0.08, "contradicted"),
        (0.11, 0.026, "confirmed"),
        (0.11, 0.024, "cannot decide"),
        (0.2, 0.06, "contradicted"),
    ],
)
def test_known_answers_of_about_equal(shift, within, decision):
    assert judge_about([0.10, 0.11, 0.12], shift=shift, within=within).decision == decision
    assert judge_about([-0.10, -0.11, -0.12], shift=-shift, within=within).decision == decision


def test_the_statistic_is_stated():
    assert "2 seeds, 3 are needed" in judge([0.1, 0.2], larger=True, margin=0.0).statistic
    assert "1 seed, 3" in judge([0.1], larger=True, margin=0.0).statistic
    assert judge([], larger=True, margin=0.0).statistic == "not run"
    assert judge_about([], shift=0.0, within=1.0) == Verdict("cannot decide", "not run")


@given(NUMBERS, st.floats(0, 0.5))
@settings(deadline=None, derandomize=True)
def test_smaller_is_larger_with_the_sides_exchanged(differences, margin):
    exchanged = [-d for d in differences]
    assert (
        judge(differences, larger=False, margin=margin).decision
        == judge(exchanged, larger=True, margin=margin).decision
    )


@given(NUMBERS)
@settings(deadline=None, derandomize=True)
def test_confirmed_is_where_a_paired_t_test_is_significant(differences):
    if np.std(differences) < 1e-6:
        return  # scipy loses precision for nearly identical values
    p = stats.ttest_1samp(differences, 0.0, alternative="greater").pvalue
    if abs(p - 0.025) > 1e-6:
        assert (judge(differences, larger=True, margin=0.0).decision == "confirmed") == (p < 0.025)


@given(NUMBERS, st.floats(0.01, 0.5))
@settings(deadline=None, derandomize=True)
def test_about_equal_is_two_one_sided_tests(differences, within):
    """Equivalence as statisticians test it: significantly above the lower and significantly below the upper bound."""
    if np.std(differences) < 1e-6:
        return
    above = stats.ttest_1samp(differences, -within, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, within, alternative="less").pvalue
    if abs(max(above, below) - 0.025) > 1e-6:
        found = judge_about(differences, shift=0.0, within=within).decision
        assert (found == "confirmed") == (max(above, below) < 0.025)


def test_a_claim_is_judged_by_the_seeds_that_both_sides_have(content, write, record):
    content["claims"] |= {
        "above": {"says": "well above chance", "test": "ours.accuracy > chance", "margin": 0.5},
        "below": {"says": "never perfect", "test": "ours.accuracy < 1"},
    }
    table = read_table(write(content))
    records = {f"ours-s{s}": record(0.8 + 0.01 * s, 0.5 + 0.002 * s) for s in range(3)}
    records["ours-s7"] = record(0.9, float("nan"))
    learns, above, below = (verdict(claim, table, records) for claim in table.claims)
    assert (learns.decision, above.decision, below.decision) == ("confirmed",) * 3
    assert "3 seeds" in learns.statistic
    assert "4 seeds" in above.statistic


def test_a_claim_about_runs_that_are_not_there(table):
    assert verdict(table.claims[0], table, {}).statistic == "not run"


def test_a_chain_and_a_list_hold_where_all_parts_hold(content, write, record):
    content["rows"] |= {"b": {"experiment": "ours.yaml"}, "c": {"experiment": "ours.yaml"}}
    content["claims"] = {
        "falls": {"says": "falls", "test": "ours.accuracy > b.accuracy > c.accuracy"},
        "both": {"says": "both", "test": ["ours.accuracy > b.accuracy", "c.accuracy > b.accuracy"]},
        "later": {"says": "one is not run", "test": ["ours.accuracy > b.accuracy", "raw.accuracy > 2"]},
    }
    table = read_table(write(content))
    records = {f"{n}-s{s}": record(v + 0.01 * s, float("nan")) for n, v in (("ours", 0.8), ("b", 0.7), ("c", 0.6))
               for s in range(3)}  # fmt: skip
    falls, both, later = (verdict(claim, table, records) for claim in table.claims)
    assert (falls.decision, falls.statistic) == ("confirmed", "confirmed in 2 of 2")
    assert [part.test for part in falls.parts] == ["ours.accuracy > b.accuracy", "b.accuracy > c.accuracy"]
    assert (both.decision, both.statistic) == ("contradicted", "confirmed in 1 of 2, contradicted in 1")
    assert (later.decision, later.statistic) == ("cannot decide", "confirmed in 1 of 2, not run in 1")


def test_a_claim_over_rows_has_a_verdict_for_each_and_a_summary(staged, write, record):
    table = read_table(write(staged))
    joint = {"plain": (0.9, 0.91, 0.92), "n": (0.9, 0.7, 0.8)}
    records = {f"{n}.joint-s{s}": record(v, 0.0) for n, values in joint.items() for s, v in enumerate(values)}
    records |= {f"{n}.simclr-s{s}": record(0.8, 0.0) for n in joint for s in range(3)}
    found = verdict(table.claims[0], table, records)
    assert (found.decision, found.statistic) == ("cannot decide", "confirmed in 1 of 2, cannot decide in 1")
    assert [(p.test, p.decision) for p in found.parts] == [
        ("plain.both > plain.alone", "confirmed"),
        ("n.both > n.alone", "cannot decide"),
    ]


def test_summary_of_nothing_run():
    assert summary([Verdict("cannot decide", "not run")] * 3) == "not run"
