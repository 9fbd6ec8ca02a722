"""What everything that learns here shares: a loss per batch, an optimiser, and randomness that survives a kill."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import STEP_OUTPUT, OptimizerLRScheduler
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from lightning_sepcl.errors import UserError
from lightning_sepcl.optim.parameter_groups import parameter_groups
from lightning_sepcl.optim.warmup_cosine import Constant, Schedule
from lightning_sepcl.records import Batch

OptimizerFactory = Callable[[Iterable[Any]], Optimizer]


class Learner(pl.LightningModule, ABC):
    """Base class of what an experiment's `model` may name: methods that learn embeddings, and separators in training.

    Args:
        optimizer: what all weights are trained with.
        schedule: how the learning rate moves over the run.
        sample_rate: Hz; the data module's.
        class_names: the data module's.
        multi_label: the data module's: whether a clip can have several classes.
        seed: of the whole run.
    """

    def __init__(
        self,
        optimizer: OptimizerFactory = lambda p: torch.optim.Adam(p, lr=3e-4),
        schedule: Schedule | None = None,
        sample_rate: int = 16000,
        class_names: tuple[str, ...] = (),
        multi_label: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.optimizer, self.schedule = optimizer, schedule or Constant()
        self.sample_rate, self.class_names, self.multi_label, self.seed = sample_rate, class_names, multi_label, seed
        self._keys: tuple[str, ...] = ()  # of the batch that is trained on

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The idea of the method: the loss of a batch, and named figures for the log."""

    def training_step(self, batch: Batch, batch_idx: int) -> STEP_OUTPUT:
        """The loss, logged, and refused when it is not finite."""
        self._keys = batch.keys
        loss, parts = self.loss(batch, self.generator(batch))
        if not torch.isfinite(loss):
            raise self._not_finite(f"the loss became {loss.item()}")
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        self.log_dict({f"train/{name}": value for name, value in parts.items()}, batch_size=len(batch))
        return loss

    def on_after_backward(self) -> None:
        """Refuse a gradient that is not finite before it reaches the weights, and with them the checkpoints."""
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            return  # of float16: the scaler finds such gradients itself and leaves the step out
        named = [(name, p.grad) for name, p in self.named_parameters() if p.grad is not None]
        if named and not torch.isfinite(get_total_norm([gradient for _, gradient in named])):
            bad = [name for name, gradient in named if not torch.isfinite(gradient).all()]
            raise self._not_finite(f"the gradient of {bad[0] if bad else 'all weights'} became NaN or infinite")

    def _not_finite(self, what: str) -> UserError:
        shown = ", ".join(self._keys[:8]) + (f" and {len(self._keys) - 8} more" if len(self._keys) > 8 else "")
        return UserError(
            f"{what} at step {self.global_step}, with the clips {shown}: "
            "lower the learning rate, or look at these clips"
        )

    def generator(self, batch: Batch) -> torch.Generator:
        """Where this step's draws come from: a function of seed, step, rank and batch alone, so that a resumed run
        draws what the uninterrupted one would have drawn."""
        words = [self.seed, self.global_step, self.global_rank, int(batch.index[0])]
        return torch.Generator().manual_seed(int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0]) >> 1)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed what draws from the global generator (dropout), as `generator` seeds the rest."""
        torch.manual_seed(self.generator(batch).initial_seed())

    def judges(self, dataloader_idx: int, last: int = 1) -> bool:
        """Whether what is predicted of a loader's clips is judged: the `last` loaders' is, of those before nothing is
        asked, since their clips were trained on and serve as examples for embeddings alone."""
        loaders = self.trainer.test_dataloaders if self.trainer.testing else self.trainer.val_dataloaders
        return dataloader_idx >= (len(loaders) if isinstance(loaders, list | tuple) else 1) - last

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Biases and normalisation are not decayed; the schedule moves once a step."""
        optimizer = self.optimizer(parameter_groups(self))
        total = self.trainer.estimated_stepping_batches
        if not math.isfinite(total):
            raise UserError("the run has no end that could be known beforehand: set trainer.max_steps or max_epochs")
        scheduler = self.schedule(optimizer, int(total))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
