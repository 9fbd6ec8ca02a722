"""A suite small enough to see through: a method of one weight matrix, data of random numbers, two augmentations."""

from __future__ import annotations

import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Sampler, TensorDataset

from lightning_sepcl.cli import training
from lightning_sepcl.cli.families import Family
from lightning_sepcl.cli.main import main
from lightning_sepcl.encoders.input_check import check_input
from lightning_sepcl.errors import UserError


class ToyEncoder(nn.Module, ABC):
    """What every toy encoder is."""

    @abstractmethod
    def forward(self, x):
        """Features in, embedding out."""


class Straight(ToyEncoder):
    """One matrix.

    Args:
        width: outputs.
        p: chance that an output is dropped.
    """

    def __init__(self, width: int = 4, p: float = 0.0) -> None:
        super().__init__()
        self.width = width
        self.net = nn.Sequential(nn.Linear(3, width), nn.Dropout(p))

    def forward(self, x):
        return self.net(x)


class Bent(ToyEncoder):
    """Two matrices.

    Args:
        width: outputs.
        hidden: numbers in between.
    """

    def __init__(self, width: int = 8, hidden: int = 5) -> None:
        super().__init__()
        self.width = width
        self.net = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, width))

    def forward(self, x):
        return self.net(x)


class ToyAugmentation(ABC):
    """What every toy augmentation is."""

    @abstractmethod
    def apply(self, x): ...


class Louder(ToyAugmentation):
    """Multiplies.

    Args:
        db: least and most, in dB.
        p: chance.
    """

    def __init__(self, db: list[float] | None = None, p: float = 1.0) -> None:
        self.db, self.p = db or [-6.0, 6.0], p

    def apply(self, x):
        return x * self.p


class Later(ToyAugmentation):
    """Shifts."""

    def __init__(self, seconds: float = 0.1) -> None:
        self.seconds = seconds

    def apply(self, x):
        return x


class Readout:
    """A concrete class that stands without being named."""

    def __init__(self, layer: int = 1) -> None:
        self.layer = layer


class ToyMethod(pl.LightningModule):
    """Base class of the toy methods.

    Args:
        encoder: features to embedding.
        augmentations: applied in order.
        optimizer: recipe of the optimiser.
        readouts: what is judged, by name.
        sample_rate: Hz; the data's.
        class_names: the data's.
        seed: of the whole run.
    """

    def __init__(
        self,
        encoder: ToyEncoder,
        augmentations: list[ToyAugmentation] | None = None,
        optimizer: Callable[[Iterable[Any]], Optimizer] = lambda p: torch.optim.Adam(p, lr=0.01),
        readouts: dict[str, Readout] | None = None,
        sample_rate: int = 16000,
        class_names: tuple[str, ...] = (),
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder, self.augmentations = encoder, augmentations or []
        self.optimizer, self.readouts = optimizer, readouts or {}
        self.sample_rate, self.class_names, self.seed = sample_rate, class_names, seed
        self.last = nn.Linear(encoder.width, 1)

    def training_step(self, batch, batch_idx):
        if os.environ.get("TOY_CRASH") == "user":
            raise UserError("the clip a.wav is broken: record it again")
        if os.environ.get("TOY_CRASH") == "bug":
            raise ValueError("a bug of ours")
        if os.environ.get("TOY_CRASH") == "refusal":
            check_input(torch.zeros(1, 1, 2, 2), "Toy", 1, 61)
        if os.environ.get("TOY_CRASH") == "interrupt" and self.global_step == 3:
            raise KeyboardInterrupt
        if os.environ.get("TOY_CRASH") == "sigterm" and self.global_step == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        torch.manual_seed(1000 * self.seed + self.global_step)
        loss = self.last(self.encoder(batch[0])).square().mean()
        self.log("loss", loss)
        return loss

    def test_step(self, batch, batch_idx):
        self.log("weight", self.last.weight.sum().item())
        self.log("seen_rate", float(self.sample_rate))

    def validation_step(self, batch, batch_idx):
        self.test_step(batch, batch_idx)

    def predict_step(self, batch, batch_idx):
        return self.encoder(batch[0])

    def configure_optimizers(self):
        return self.optimizer(self.parameters())


class ToySimCLR(ToyMethod):
    """Attracts.

    Args:
        temperature: of the softmax; above 0.
    """

    def __init__(self, encoder: ToyEncoder, temperature: float = 0.1, **kwargs: Any) -> None:
        super().__init__(encoder, **kwargs)
        if temperature <= 0:
            raise ValueError(f"`temperature` is {temperature}: it must be above 0")
        self.temperature = temperature


class ToyJoint(ToyMethod):
    """Two objectives at once.

    Args:
        balance: weight of the second objective.
    """

    def __init__(self, encoder: ToyEncoder, balance: float = 0.5, **kwargs: Any) -> None:
        super().__init__(encoder, **kwargs)
        self.balance = balance


class ToyData(pl.LightningDataModule):
    """Base class of the toy data modules."""

    sample_rate = 8000
    class_names = ("dog", "rain")
    multi_label = False


class Numbers(ToyData):
    """Random numbers.

    Args:
        root: a folder that nobody reads.
        batch_size: clips per step.
        seed: of the numbers.
    """

    def __init__(self, root: str | None = None, batch_size: int = 4, seed: int = 0) -> None:
        super().__init__()
        self.root, self.batch_size, self.seed = root, batch_size, seed

    def train_dataloader(self):
        done = self.trainer.fit_loop.epoch_loop.batch_progress.current.processed * self.batch_size % 16
        return DataLoader(self._numbers(), batch_size=self.batch_size, sampler=_From(done))

    def test_dataloader(self):
        return DataLoader(self._numbers(), batch_size=self.batch_size)

    val_dataloader = predict_dataloader = test_dataloader

    def _numbers(self):
        return TensorDataset(torch.randn(16, 3, generator=torch.Generator().manual_seed(self.seed)))


class _From(Sampler[int]):
    """In order; the first time from where a resumed epoch stands."""

    def __init__(self, start: int) -> None:
        self.start = start

    def __iter__(self):
        start, self.start = self.start, 0
        return iter(range(start, 16))

    def __len__(self):
        return 16


ROOM = __name__
FAMILIES = tuple(
    Family(name, ROOM, f"{ROOM}:{base}")
    for name, base in (
        ("method", "ToyMethod"),
        ("data", "ToyData"),
        ("augmentation", "ToyAugmentation"),
        ("encoder", "ToyEncoder"),
    )
)


def toy_bases() -> training.Bases:
    return training.Bases(ToyMethod, ToyData, FAMILIES)


if __name__ == "__main__":  # `sepcl` with the toys in place of the suite, for runs in a process of their own
    from tests.cli import toy_suite

    training.suite_bases = toy_suite.toy_bases
    torch.set_num_threads(1)
    sys.exit(main())
