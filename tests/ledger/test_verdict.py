from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.ledger.verdict import judge, verdict

NUMBERS = st.lists(st.floats(-1, 1), min_size=3, max_size=8)


@pytest.mark.parametrize(
    ("differences", "margin", "decision"),
    [
        ([0.10, 0.11, 0.12], 0.0, "confirmed"),  # interval 0.085 .. 0.135
        ([0.10, 0.11, 0.12], 0.084, "confirmed"),
        ([0.10, 0.11, 0.12], 0.09, "cannot decide"),
        ([0.10, 0.11, 0.12], 0.14, "contradicted"),
        ([-0.10, -0.11, -0.12], 0.0, "contradicted"),
        ([0.1, -0.1, 0.05], 0.0, "cannot decide"),
        ([0.2, 0.2, 0.2], 0.0, "confirmed"),
        ([0.0, 0.0, 0.0], 0.0, "cannot decide"),
        ([0.5, 0.5], 0.0, "cannot decide"),
        ([], 0.0, "cannot decide"),
    ],
)
def test_known_answers(differences, margin, decision):
    assert judge(differences, larger=True, margin=margin).decision == decision


def test_the_statistic_is_stated():
    assert "2 seeds, 3 are needed" in judge([0.1, 0.2], larger=True, margin=0.0).statistic
    assert "1 seed, 3" in judge([0.1], larger=True, margin=0.0).statistic
    assert judge([], larger=True, margin=0.0).statistic == "not run"


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
