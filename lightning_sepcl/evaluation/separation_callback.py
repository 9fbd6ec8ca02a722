"""Evaluation of a separator as part of a run: scores against the isolated sources, where the clips have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.evaluation.gather import Kept
from lightning_sepcl.evaluation.mixture_scores import FILE, MixtureScore, write_mixture_scores
from lightning_sepcl.evaluation.prediction_evaluation import PredictionEvaluation, Split
from lightning_sepcl.evaluation.separation_scores import SourceScores, source_scores
from lightning_sepcl.evaluation.separation_summary import clip_improvements, separation_results
from lightning_sepcl.records import Batch, Result
from lightning_sepcl.separation.oracle_mask import oracle_binary_mask

WHAT, MASK = "separator", "STFT binary mask"


class SeparationEvaluation(PredictionEvaluation):
    """Scores what a separator's `validation_step` and `test_step` return: `estimates` (clip, source, sample).

    Clips come with their sources (`data.sources=true`) behind the recording; what was separated is the recording.
    Logged as `val/si_sdri`, ...; with `test` the SI-SDRi of every mixture is written to `mixtures.csv` as well.

    Args:
        validation_too: with `test`, also judge the validation clips; their figures are called `val_si_sdri`, ...
        mask_window_samples: also judge the oracle binary mask on an STFT with this window, beside the separator; null:
            not.
        mask_hop_samples: of that STFT, from frame to frame; null: half a window.
        seed: of the run, for the record.
    """

    nothing_known = "the test clips come without their sources; set data.sources=true where they exist"

    def __init__(
        self,
        validation_too: bool = False,
        mask_window_samples: int | None = None,
        mask_hop_samples: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.seed, self.validation_too = seed, validation_too
        self.mask = None if mask_window_samples is None else (mask_window_samples, mask_hop_samples)

    def keep(self, outputs: Any, batch: Batch, split: Split, testing: bool) -> None:
        """Score a batch, and with `test` the oracle mask on it."""
        if testing and split == "val" and not self.validation_too:
            return
        self._score(outputs, batch, split)
        if testing and self.mask is not None:
            self._score({"estimates": self._masked(batch)}, batch, split, MASK)

    def results(self, testing: bool) -> list[Result]:
        """The summary of the scores."""
        val = self._results("val")
        if not testing:
            return val
        return self._results("test") + [replace(result, metric=f"val_{result.metric}") for result in val]

    def show(self, results: Sequence[Result], folder: Path) -> None:
        """A line per figure, and the SI-SDRi of every mixture as a table."""
        write_mixture_scores(folder / FILE, self._by_mixture())
        for result in results:
            print(f"{result.metric:<20} {result.value:9.3f}  over {result.n}: {result.protocol}")

    def _score(self, outputs: Any, batch: Batch, split: Split, what: str = WHAT) -> None:
        estimates: Tensor | None = outputs.get("estimates") if isinstance(outputs, dict) else None
        if estimates is None:
            raise ValueError("SeparationEvaluation judges methods that separate: use `Evaluation` for the others")
        if batch.wave.shape[1] > 1:
            mixture, references = to_float(batch.wave[:, 0, 0]), to_float(batch.wave[:, 1:, 0])
            scores = source_scores(estimates, references, mixture)
            self.note(split, what, batch, {f.name: getattr(scores, f.name) for f in fields(scores)})

    def _masked(self, batch: Batch) -> Tensor:
        assert self.mask is not None
        window, hop = self.mask
        mixture, references = to_float(batch.wave[:, 0, 0]), to_float(batch.wave[:, 1:, 0])
        return oracle_binary_mask(mixture, references, window, hop or window // 2)

    def _results(self, split: str) -> list[Result]:
        return [
            result
            for (of, what), kept in self.kept.items()
            if of == split
            for result in separation_results(_scores(kept), what, self.seed)
        ]

    def _by_mixture(self) -> list[MixtureScore]:
        """Mixtures with at least two sounding sources, as the figure `si_sdri` counts them."""
        return [
            MixtureScore(split, key, what, value)
            for (split, what), kept in self.kept.items()
            for key, value in zip(
                (key for batch in kept for key in batch.keys), clip_improvements(_scores(kept)), strict=True
            )
            if not math.isnan(value)
        ]


def _scores(kept: Sequence[Kept]) -> list[SourceScores]:
    return [SourceScores(**batch.values) for batch in kept]
