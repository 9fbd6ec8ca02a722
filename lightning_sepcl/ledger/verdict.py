"""What the seeds say about a claim: confirmed, contradicted, or not enough to decide. Computed, never typed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lightning_sepcl.ledger.cells import Cell, cell
from lightning_sepcl.ledger.claim import Claim, Figure
from lightning_sepcl.ledger.interval import t_interval
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Table

MIN_SEEDS = 3
LEVEL = 0.95

Decision = Literal["confirmed", "contradicted", "cannot decide"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and the statistic it rests on.

    Attributes:
        decision: about the claim.
        statistic: mean difference, its 95 % interval and the number of seeds; or why there is none.
    """

    decision: Decision
    statistic: str


def verdict(claim: Claim, table: Table, records: Mapping[str, RunRecord]) -> Verdict:
    """Judges a claim by the differences between its two figures, seed by seed."""
    left = _cell(claim.left, table, records)
    differences = paired_differences(left, _right(claim, left, table, records))
    return judge(differences, larger=claim.larger, margin=claim.margin)


def judge(differences: Sequence[float], *, larger: bool, margin: float) -> Verdict:
    """Decides from the differences left - right, one per seed.

    The claim is `difference > margin` (or `difference < -margin`). Confirmed when the whole 95 % t interval of the mean
    difference lies on the claimed side of the margin, contradicted when it lies on the other side.

    >>> judge([0.10, 0.11, 0.12], larger=True, margin=0.0)
    Verdict(decision='confirmed', statistic='mean difference +0.110, 95 % interval +0.085 to +0.135, 3 seeds')
    """
    if not differences:
        return Verdict("cannot decide", "not run")
    if len(differences) < MIN_SEEDS:
        centre = math.fsum(differences) / len(differences)
        few = f"{len(differences)} seed{'s' if len(differences) > 1 else ''}, {MIN_SEEDS} are needed"
        return Verdict("cannot decide", f"mean difference {centre:+.3f}, {few}")
    interval = t_interval(differences, LEVEL)
    statistic = (
        f"mean difference {interval.mean:+.3f}, {LEVEL:.0%} interval "
        f"{interval.low:+.3f} to {interval.high:+.3f}, {len(differences)} seeds"
    ).replace("95%", "95 %")
    low, high = (interval.low, interval.high) if larger else (-interval.high, -interval.low)
    if low > margin:
        return Verdict("confirmed", statistic)
    return Verdict("contradicted" if high < margin else "cannot decide", statistic)


def paired_differences(left: Cell, right: Mapping[int, float]) -> list[float]:
    """left - right for every seed that both have, in order of seeds."""
    seeds = sorted(left.by_seed.keys() & right.keys())
    return [left.by_seed[s] - right[s] for s in seeds if not math.isnan(right[s])]


def _right(claim: Claim, left: Cell, table: Table, records: Mapping[str, RunRecord]) -> Mapping[int, float]:
    if isinstance(claim.right, Figure):
        return _cell(claim.right, table, records).by_seed
    if isinstance(claim.right, float):
        return dict.fromkeys(left.by_seed, claim.right)
    return left.chance


def _cell(figure: Figure, table: Table, records: Mapping[str, RunRecord]) -> Cell:
    return cell(table, table.line(figure.line), table.columns[figure.column], records)
