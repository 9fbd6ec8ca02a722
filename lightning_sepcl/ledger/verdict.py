"""What the seeds say about a claim: confirmed, contradicted, or not enough to decide. Computed, never typed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lightning_sepcl.ledger.cells import MIN_SEEDS, Cell, cell
from lightning_sepcl.ledger.claim import Claim, Figure, Relation
from lightning_sepcl.ledger.interval import Interval, t_interval
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Table

LEVEL = 0.95
NOT_RUN = "not run"

Decision = Literal["confirmed", "contradicted", "cannot decide"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and the statistic it rests on.

    Attributes:
        decision: about the claim.
        statistic: mean difference, its 95 % interval and the number of seeds; or why there is none; of several
            relations, how many ended how.
        test: the relation that was judged.
        parts: the verdicts of the relations, where the claim has several.
    """

    decision: Decision
    statistic: str
    test: str = ""
    parts: tuple[Verdict, ...] = ()


def verdict(claim: Claim, table: Table, records: Mapping[str, RunRecord]) -> Verdict:
    """Judges a claim: each relation by the differences between its two figures, seed by seed.

    A claim of several relations, or over several rows, is confirmed when all are, contradicted when one is.
    """
    cases = [[_judged(r, claim.margin, table, records) for r in relations] for relations in claim.cases().values()]
    parts = tuple(part for case in cases for part in case)
    test = "; ".join(claim.tests)
    if len(parts) == 1 and not claim.over:
        return Verdict(parts[0].decision, parts[0].statistic, test)
    counted = [_together(case) for case in cases] if claim.over else parts
    return Verdict(_together(parts).decision, summary(counted), test, parts)


def judge(differences: Sequence[float], *, larger: bool, margin: float, strict: bool = True) -> Verdict:
    """Decides an ordering from the differences left - right, one per seed.

    The claim is `difference > margin` (or `difference < -margin`). Confirmed when the whole 95 % t interval of the mean
    difference lies on the claimed side of the margin, contradicted when it lies on the other side. Without `strict` an
    interval that begins exactly at the margin will do.

    >>> judge([0.10, 0.11, 0.12], larger=True, margin=0.0).statistic
    'mean difference +0.110, 95 % interval +0.085 to +0.135, 3 seeds'
    """
    interval, statistic = _statistic(differences)
    if interval is None:
        return Verdict("cannot decide", statistic)
    low, high = (interval.low, interval.high) if larger else (-interval.high, -interval.low)
    if low > margin or (low == margin and not strict):
        return Verdict("confirmed", statistic)
    return Verdict("contradicted" if high < margin else "cannot decide", statistic)


def judge_about(differences: Sequence[float], *, shift: float, within: float) -> Verdict:
    """Decides `|difference - shift| <= within`: confirmed when the whole 95 % interval of the mean difference lies
    within these bounds, contradicted when all of it lies outside.

    >>> judge_about([0.001, 0.002, 0.0015], shift=0.0, within=0.003).decision
    'confirmed'
    """
    interval, statistic = _statistic(differences)
    if interval is None:
        return Verdict("cannot decide", statistic)
    low, high = interval.low - shift, interval.high - shift
    if -within <= low and high <= within:
        return Verdict("confirmed", statistic)
    return Verdict("contradicted" if low > within or high < -within else "cannot decide", statistic)


def paired_differences(left: Cell, right: Mapping[int, float]) -> list[float]:
    """left - right for every seed that both have, in order of seeds."""
    seeds = sorted(left.by_seed.keys() & right.keys())
    return [left.by_seed[s] - right[s] for s in seeds if not math.isnan(right[s])]


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many of several verdicts ended how.

    >>> summary([Verdict("confirmed", ""), Verdict("cannot decide", ""), Verdict("confirmed", "")])
    'confirmed in 2 of 3, cannot decide in 1'
    """
    counts = Counter(NOT_RUN if v.statistic == NOT_RUN else v.decision for v in verdicts)
    if counts[NOT_RUN] == len(verdicts):
        return NOT_RUN
    words = [word for word in ("confirmed", "contradicted", "cannot decide", NOT_RUN) if counts[word]]
    told = [f"{word} in {counts[word]}" for word in words]
    return ", ".join([f"{told[0]} of {len(verdicts)}", *told[1:]])


def _judged(relation: Relation, margin: float, table: Table, records: Mapping[str, RunRecord]) -> Verdict:
    left = _cell(relation.left, table, records)
    differences = paired_differences(left, _right(relation, left, table, records))
    if relation.sign == "about":
        found = judge_about(differences, shift=relation.shift, within=relation.within)
    else:
        strict = len(relation.sign) == 1
        found = judge(differences, larger=relation.sign[0] == ">", margin=margin, strict=strict)
    return Verdict(found.decision, found.statistic, relation.test)


def _together(parts: Sequence[Verdict]) -> Verdict:
    statistic = NOT_RUN if all(part.statistic == NOT_RUN for part in parts) else ""
    if any(part.decision == "contradicted" for part in parts):
        return Verdict("contradicted", statistic)
    all_hold = all(part.decision == "confirmed" for part in parts)
    return Verdict("confirmed" if parts and all_hold else "cannot decide", statistic)


def _statistic(differences: Sequence[float]) -> tuple[Interval | None, str]:
    if not differences:
        return None, NOT_RUN
    if len(differences) < MIN_SEEDS:
        centre = math.fsum(differences) / len(differences)
        few = f"{len(differences)} seed{'s' if len(differences) > 1 else ''}, {MIN_SEEDS} are needed"
        return None, f"mean difference {centre:+.3f}, {few}"
    interval = t_interval(differences, LEVEL)
    ends = f"{LEVEL * 100:.0f} % interval {interval.low:+.3f} to {interval.high:+.3f}"
    return interval, f"mean difference {interval.mean:+.3f}, {ends}, {len(differences)} seeds"


def _right(relation: Relation, left: Cell, table: Table, records: Mapping[str, RunRecord]) -> Mapping[int, float]:
    if isinstance(relation.right, Figure):
        return _cell(relation.right, table, records).by_seed
    if isinstance(relation.right, float):
        return dict.fromkeys(left.by_seed, relation.right)
    return left.chance


def _cell(figure: Figure, table: Table, records: Mapping[str, RunRecord]) -> Cell:
    return cell(table, table.line(figure.line), table.columns[figure.column], records)
