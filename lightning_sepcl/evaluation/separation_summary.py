"""From the scores of single sources to the figures of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import torch
from torch import Tensor
from torch.nn import functional

from lightning_sepcl.evaluation.separation_scores import SourceScores
from lightning_sepcl.records import Result

FUSS = "FUSS rules: pairs of sounding reference and sounding estimate"
ALL = "every sounding reference, mean per clip, then over clips"
CLIPS = "share of clips, estimates over -20 dB of the quietest reference against references"


def separation_results(scores: Sequence[SourceScores], what: str, seed: int = 0) -> list[Result]:
    """The figures of all batches together.

    - `si_snr_1s`: SI-SNR of clips with one source; there is nothing to improve on.
    - `si_snri_2s`, `si_snri_3s`, ...: improvement for clips of so many sources, a mean over sources, not clips.
    - `si_snri_ms`: the same for all clips with at least two.
    - `under_separation`, `equal_separation`, `over_separation`: shares of the clips.
    - `si_sdri`: improvement over all sources of clips with at least two. It forgives no source that was not found, as
      those above do.
    - `silent_references`: how many were left out; clips in which all are silent are left out whole.

    A figure without anything to be a mean over is left out. Chance is what the mixture itself reaches.

    Args:
        scores: as `source_scores` gives them, batch by batch.
        what: name of the separator.
        seed: of the run.
    """
    if not scores:
        return []
    flat = _joined(scores)
    sounding = flat.references > 0
    nan = float("nan")

    def figure(metric: str, values: Tensor, chance: float, protocol: str) -> list[Result]:
        if len(values) == 0:
            return []
        return [Result(what, metric, float(values.double().mean()), chance, len(values), protocol, seed)]

    def pairs(least: int, most: int) -> Tensor:
        clips = (flat.references >= least) & (flat.references <= most)
        return flat.active_pair & clips.unsqueeze(1)

    largest = flat.active_reference.shape[1]
    found = figure("si_snr_1s", flat.si_snr[pairs(1, 1)], nan, f"{FUSS}, clips with one")
    for count in range(2, largest + 1):
        found += figure(f"si_snri_{count}s", flat.improvement[pairs(count, count)], 0.0, f"{FUSS}, clips with {count}")
    found += figure("si_snri_ms", flat.improvement[pairs(2, largest)], 0.0, f"{FUSS}, clips with two or more")
    for metric, held in (
        ("under_separation", flat.excess < 0),
        ("equal_separation", flat.excess == 0),
        ("over_separation", flat.excess > 0),
    ):
        found += figure(metric, held[sounding], nan, CLIPS)
    found += figure("si_sdri", _clip_means(flat)[flat.references > 1], 0.0, f"{ALL}, clips with two or more")
    silent = sum(int((~s.active_reference).sum()) for s in scores)
    given = sum(s.active_reference.numel() for s in scores)
    return [*found, Result(what, "silent_references", float(silent), nan, given, "left out of all figures", seed)]


def clip_improvements(scores: Sequence[SourceScores]) -> list[float]:
    """What `si_sdri` is the mean of, clip by clip; NaN for clips with fewer than two sounding sources."""
    return [
        float(value) if count > 1 else float("nan")
        for batch in scores
        for value, count in zip(_clip_means(batch).tolist(), batch.references.tolist(), strict=True)
    ]


def _clip_means(scores: SourceScores) -> Tensor:
    return scores.improvement.where(scores.active_reference, 0).sum(1) / scores.references


def _joined(scores: Sequence[SourceScores]) -> SourceScores:
    """All batches as one; those with fewer references get silent ones."""
    width = max(s.si_snr.shape[1] for s in scores)

    def column(name: str) -> Tensor:
        parts = [getattr(s, name).cpu() for s in scores]
        return torch.cat([p if p.ndim == 1 else functional.pad(p, (0, width - p.shape[1])) for p in parts])

    return SourceScores(**{field.name: column(field.name) for field in fields(SourceScores)})
