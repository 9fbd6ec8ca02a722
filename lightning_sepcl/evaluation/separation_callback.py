"""Evaluation of a separator as part of a run: scores against the isolated sources, where the clips have them."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.evaluation.mixture_scores import FILE, MixtureScore, write_mixture_scores
from lightning_sepcl.evaluation.results_file import write_results
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.evaluation.separation_scores import SourceScores, source_scores
from lightning_sepcl.evaluation.separation_summary import clip_improvements, separation_results
from lightning_sepcl.records import Batch, Result
from lightning_sepcl.separation.oracle_mask import oracle_binary_mask

log = logging.getLogger(__name__)

WHAT, MASK = "separator", "STFT binary mask"


class SeparationEvaluation(RunEvaluation):
    """Scores what a separator's `validation_step` and `test_step` return: `estimates` (clip, source, sample).

    Clips come with their sources (`data.sources=true`) behind the recording; what was separated is the recording. The
    last validation loader is judged after each validation and logged as `val/si_sdri`, ...; with `test` the last test
    loader is judged, its figures printed, `results.json` written, and the SI-SDRi of every mixture into
    `mixtures.csv`. Of several processes each scores what its own loaders give, which in this suite is everything.

    Args:
        validation_too: with `test`, also judge the loader before the last; its figures are called `val_si_sdri`, ...
        mask_window_samples: also judge the oracle binary mask on an STFT with this window, beside the separator; null:
            not.
        mask_hop_samples: of that STFT, from frame to frame; null: half a window.
        seed: of the run, for the record.
    """

    def __init__(
        self,
        validation_too: bool = False,
        mask_window_samples: int | None = None,
        mask_hop_samples: int | None = None,
        seed: int = 0,
    ) -> None:
        self.seed, self.validation_too = seed, validation_too
        self.mask = None if mask_window_samples is None else (mask_window_samples, mask_hop_samples)
        self._scores: dict[tuple[str, str], list[SourceScores]] = {}
        self._keys: dict[str, list[str]] = {}

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._scores, self._keys = {}, {}

    on_test_epoch_start = on_validation_epoch_start

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Score a batch of the last loader."""
        if trainer.testing:
            self._score_test(trainer, outputs, batch, dataloader_idx)
        elif dataloader_idx == _last(trainer.val_dataloaders):
            self._score(outputs, batch, "val")

    on_test_batch_end = on_validation_batch_end

    def _score_test(self, trainer: pl.Trainer, outputs: Any, batch: Batch, loader: int) -> None:
        """A batch of the last loader, or of the one before it if that is wanted."""
        last = _last(trainer.test_dataloaders)
        if loader == last or (self.validation_too and loader == last - 1):
            split = "test" if loader == last else "val"
            self._score(outputs, batch, split)
            if self.mask is not None:
                self._score({"estimates": self._masked(batch)}, batch, split, MASK)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log every figure that is one."""
        for result in self._results("val"):
            pl_module.log(f"val/{result.metric}", result.value, add_dataloader_idx=False, sync_dist=True)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the figures, write the file."""
        results = self._results("test") + [
            replace(result, metric=f"val_{result.metric}") for result in self._results("val")
        ]
        if not results:
            log.warning("no results: the test clips come without their sources; set data.sources=true where they exist")
        if trainer.is_global_zero:
            folder = Path(trainer.default_root_dir)
            write_results(folder / "results.json", results)
            write_mixture_scores(folder / FILE, self._by_mixture())
            for result in results:
                print(f"{result.metric:<20} {result.value:9.3f}  over {result.n}: {result.protocol}")

    def _score(self, outputs: Any, batch: Batch, split: str, what: str = WHAT) -> None:
        estimates: Tensor | None = outputs.get("estimates") if isinstance(outputs, dict) else None
        if estimates is None:
            raise ValueError("SeparationEvaluation judges methods that separate: use `Evaluation` for the others")
        if batch.wave.shape[1] > 1:
            mixture, references = to_float(batch.wave[:, 0, 0]), to_float(batch.wave[:, 1:, 0])
            self._scores.setdefault((split, what), []).append(source_scores(estimates, references, mixture))
            if what == WHAT:
                self._keys.setdefault(split, []).extend(batch.keys)

    def _masked(self, batch: Batch) -> Tensor:
        assert self.mask is not None
        window, hop = self.mask
        mixture, references = to_float(batch.wave[:, 0, 0]), to_float(batch.wave[:, 1:, 0])
        return oracle_binary_mask(mixture, references, window, hop or window // 2)

    def _results(self, split: str) -> list[Result]:
        found = {what: scores for (of, what), scores in self._scores.items() if of == split}
        return [result for what, scores in found.items() for result in separation_results(scores, what, self.seed)]

    def _by_mixture(self) -> list[MixtureScore]:
        """Mixtures with at least two sounding sources, as the figure `si_sdri` counts them."""
        return [
            MixtureScore(split, key, what, value)
            for (split, what), scores in self._scores.items()
            for key, value in zip(self._keys[split], clip_improvements(scores), strict=True)
            if not math.isnan(value)
        ]


def _last(loaders: Any) -> int:
    return len(loaders) - 1 if isinstance(loaders, list | tuple) else 0
