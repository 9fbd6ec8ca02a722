"""What every method shares: a front end, an encoder, randomness that survives a kill, and embeddings for evaluation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import pytorch_lightning as pl
import torch
from jaxtyping import Float, Int64
from pytorch_lightning.utilities.types import STEP_OUTPUT, OptimizerLRScheduler
from torch import Tensor
from torch.optim import Optimizer

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.readout import PooledEmbedding, Readout
from lightning_sepcl.errors import UserError
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.optim.parameter_groups import parameter_groups
from lightning_sepcl.optim.warmup_cosine import Constant, Schedule
from lightning_sepcl.records import Batch

OptimizerFactory = Callable[[Iterable[Any]], Optimizer]


class Method(pl.LightningModule, ABC):
    """Base class of the methods: extend it, build heads in `__init__` and say the idea in `loss`.

    Args:
        front: clips -> views as features.
        encoder: features -> embedding h.
        optimizer: what the encoder and the heads are trained with.
        schedule: how the learning rate moves over the run.
        readouts: name -> what of the encoder is evaluated; `embedding` is h itself.
        window_frames: evaluate clips in stretches of so many feature frames and average the L2-normalised embeddings;
            null: the whole clip at once.
        channels_last: memory layout of the encoder's maps; faster on CPUs with bf16 and on GPUs.
        sample_rate: Hz; the data module's.
        class_names: the data module's.
        multi_label: the data module's: whether a clip can have several classes.
        seed: of the whole run.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        optimizer: OptimizerFactory = lambda p: torch.optim.Adam(p, lr=3e-4),
        schedule: Schedule | None = None,
        readouts: dict[str, Readout] | None = None,
        window_frames: int | None = None,
        channels_last: bool = False,
        sample_rate: int = 16000,
        class_names: tuple[str, ...] = (),
        multi_label: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.front, self.encoder = front, encoder
        self.optimizer, self.schedule = optimizer, schedule or Constant()
        self.readouts = readouts or {"embedding": PooledEmbedding()}
        self.window_frames, self.channels_last = window_frames, channels_last
        self.sample_rate, self.class_names, self.multi_label, self.seed = sample_rate, class_names, multi_label, seed
        front.prepare(sample_rate)
        if front.features.channels != encoder.channels:
            raise ValueError(
                f"{type(front.features).__name__} makes {front.features.channels} feature channel(s), "
                f"{type(encoder).__name__} expects {encoder.channels}: set the encoder's `channels`"
            )
        if channels_last:
            encoder.to(memory_format=torch.channels_last)

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The idea of the method: the loss of a batch, and named figures for the log."""

    def training_step(self, batch: Batch, batch_idx: int) -> STEP_OUTPUT:
        """The loss, logged, and refused when it is not finite."""
        loss, parts = self.loss(batch, self.generator(batch))
        if not torch.isfinite(loss):
            shown = ", ".join(batch.keys[:8]) + (f" and {len(batch) - 8} more" if len(batch) > 8 else "")
            raise UserError(
                f"the loss became {loss.item()} at step {self.global_step}, with the clips {shown}: "
                "lower the learning rate, or look at these clips"
            )
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        self.log_dict({f"train/{name}": value for name, value in parts.items()}, batch_size=len(batch))
        return loss

    def encode(
        self, features: Float[Tensor, "batch view channel freq frame"]
    ) -> Float[Tensor, "batch view {self.encoder.dim}"]:
        """h of every view in float32; the one place where the view axis is folded into the batch."""
        h = self.encoder(self._laid_out(features.flatten(0, 1)))
        return cast(Tensor, h.float().reshape(*features.shape[:2], -1))

    def embed(
        self, wave: Float[Tensor, "clip mic sample"], length: Int64[Tensor, " clip"]
    ) -> dict[str, Float[Tensor, "clip _"]]:
        """What evaluation judges: every readout of whole clips, without augmentation.

        Args:
            wave: full scale 1.
            length: samples of each clip that are real.
        """
        rows: dict[str, list[Tensor]] = {name: [] for name in self.readouts}
        order = []
        for samples in sorted(set(length.tolist())):
            same = (length == samples).nonzero()[:, 0]
            order.append(same)
            for name, h in self._embed_equal(wave[same, :, : max(samples, 1)]).items():
                rows[name].append(h)
        back = torch.cat(order).argsort()
        return {name: torch.cat(h)[back] for name, h in rows.items()}

    @property
    def frame_rate(self) -> float:
        """Frame embeddings per second."""
        return self.front.features.frame_rate / self.encoder.time_stride

    def embed_frames(self, wave: Float[Tensor, "clip mic sample"]) -> Float[Tensor, "clip {self.encoder.dim} frame"]:
        """Frame embeddings in float32, `frame_rate` a second; waves shorter than a training crop are padded with zeros.

        Args:
            wave: full scale 1, all of it real.
        """
        wave = torch.nn.functional.pad(wave, (0, max(0, self.front.views.crop_samples - wave.shape[-1])))
        frames = self.encoder.frames(self.encoder.blocks(self._laid_out(self.front.features_of(wave))))
        return frames.float()

    def _embed_equal(self, wave: Tensor) -> dict[str, Tensor]:
        """Readouts of clips that all have the same length."""
        features = self.front.features
        window = wave.shape[-1] if self.window_frames is None else features.num_samples(self.window_frames)
        window = max(window, self.front.views.crop_samples)  # an encoder may not take less than it was trained on
        wave = torch.nn.functional.pad(wave, (0, max(0, window - wave.shape[-1])))
        pieces = wave.unfold(-1, window, window).movedim(2, 1)  # (clip, piece, mic, sample)
        x = self._laid_out(self.front.features_of(pieces.flatten(0, 1)))
        blocks, out = self.encoder.blocks(x), {}
        for name, readout in self.readouts.items():
            h = readout(self.encoder, x, blocks).float().reshape(*pieces.shape[:2], -1)
            out[name] = h[:, 0] if h.shape[1] == 1 else torch.nn.functional.normalize(h, dim=-1).mean(1)
        return out

    def _laid_out(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=torch.channels_last) if self.channels_last else x

    def generator(self, batch: Batch) -> torch.Generator:
        """Where this step's draws come from: a function of seed, step, rank and batch alone, so that a resumed run
        draws what the uninterrupted one would have drawn."""
        words = [self.seed, self.global_step, self.global_rank, int(batch.index[0])]
        return torch.Generator().manual_seed(int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0]) >> 1)

    def on_fit_start(self) -> None:
        """Find the statistics of the features, unless the checkpoint brought them."""
        if self.front.needs_statistics():
            loader = cast(Any, self.trainer).datamodule.statistics_dataloader()
            self.front.fit_statistics(loader)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed what draws from the global generator (dropout), as `generator` seeds the rest."""
        torch.manual_seed(self.generator(batch).initial_seed())

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of a batch, for the evaluation callback."""
        return self.predict_step(batch, batch_idx, dataloader_idx)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of a batch, for the evaluation callback."""
        return self.predict_step(batch, batch_idx, dataloader_idx)

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of the clips as recorded."""
        return self.embed(to_float(batch.wave[:, 0]), batch.length)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Biases and normalisation are not decayed; the schedule moves once a step."""
        optimizer = self.optimizer(parameter_groups(self))
        total = int(self.trainer.estimated_stepping_batches)
        scheduler = self.schedule(optimizer, total)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
