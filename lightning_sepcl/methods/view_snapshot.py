"""A look at what the encoder is fed: the views of a few clips, kept as numbers for the report to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch

from lightning_sepcl.front import FrontEnd
from lightning_sepcl.records import Batch
from lightning_sepcl.whole_file import whole_file

FILE = "views.npz"


class ViewSnapshot(pl.Callback):
    """Writes `views.npz` into the run's folder once, before the first step.

    It holds `keys` (n,), `sample_rate` and, for clip number i, `wave_i` (view, sample) and `features_i`
    (view, freq, frame): the first microphone and the first feature channel.

    Args:
        clips: how many.
    """

    def __init__(self, clips: int = 4) -> None:
        self.clips = clips

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Draw the first batch's views once more, from a generator of its own, and keep some."""
        path = Path(trainer.default_root_dir) / FILE
        if trainer.global_step or not trainer.is_global_zero or path.exists():
            return
        front = getattr(pl_module, "front", None)
        if not isinstance(front, FrontEnd):  # a separator in training has no views
            return
        write_views(path, front, batch, int(pl_module.sample_rate), self.clips)  # type: ignore[arg-type]


def write_views(path: Path, front: FrontEnd, batch: Batch, sample_rate: int, clips: int) -> None:
    """The views of the first clips of a batch, written whole or not at all."""
    with torch.no_grad():
        views = front(batch, torch.Generator().manual_seed(0))
    count = min(clips, len(batch))
    arrays = {"keys": np.array(batch.keys[:count], dtype=np.str_), "sample_rate": np.array(sample_rate)}
    for i in range(count):
        arrays[f"wave_{i}"] = views.wave[i, :, 0].cpu().numpy()
        arrays[f"features_{i}"] = views.features[i, :, 0].float().cpu().numpy()
    with whole_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
