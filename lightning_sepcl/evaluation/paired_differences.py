"""What one separator gains over another on the same mixtures: differences mixture by mixture, over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lightning_sepcl.errors import UserError
from lightning_sepcl.evaluation.mixture_scores import MixtureScore
from lightning_sepcl.ledger.interval import Interval, mean, t_interval

LEAST_SEEDS = 3
"""Of two, an interval would be as wide as the scale."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The gain of one separator over another.

    Attributes:
        mixtures: how many were compared.
        seeds: how many pairs of runs.
        over_mixtures: mean of the mixtures' differences, each a mean over seeds, with its 95 % interval: would other
            mixtures say the same of these runs?
        over_seeds: the same mean with the interval over the seeds' means: would other runs say the same of these
            mixtures? None for fewer than three seeds.
        better: share of the mixtures that gained.
    """

    mixtures: int
    seeds: int
    over_mixtures: Interval
    over_seeds: Interval | None
    better: float


def paired_difference(
    ours: Sequence[Sequence[MixtureScore]], others: Sequence[Sequence[MixtureScore]]
) -> PairedDifference:
    """Ours minus the other's, in dB.

    Args:
        ours: the scores of one split, seed by seed.
        others: of the same seeds, in the same order.

    Raises:
        UserError: runs that judged different mixtures, or fewer than two mixtures.
    """
    by_seed = [_differences(one, other) for one, other in zip(ours, others, strict=True)]
    keys = list(by_seed[0])
    if any(list(seed) != keys for seed in by_seed) or len(keys) < 2:
        raise UserError("the runs judged different mixtures, or fewer than two: test all of them on the same list")
    per_mixture = [mean([seed[key] for seed in by_seed]) for key in keys]
    per_seed = [mean(list(seed.values())) for seed in by_seed]
    return PairedDifference(
        mixtures=len(keys),
        seeds=len(by_seed),
        over_mixtures=t_interval(per_mixture),
        over_seeds=t_interval(per_seed) if len(per_seed) >= LEAST_SEEDS else None,
        better=mean([float(value > 0) for value in per_mixture]),
    )


def _differences(ours: Sequence[MixtureScore], others: Sequence[MixtureScore]) -> dict[str, float]:
    base = {score.mixture: score.si_sdri for score in others}
    if set(base) != {score.mixture for score in ours}:
        raise UserError("the runs judged different mixtures: test both on the same list")
    return {score.mixture: score.si_sdri - base[score.mixture] for score in sorted(ours, key=lambda s: s.mixture)}
