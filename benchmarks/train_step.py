"""How much a whole training step costs beyond its encoder: data, views, augmentation, features, head, loss, logging.

The real experiments are trained by the real trainer. After every step of it comes one of the encoder alone, a copy with
the same optimiser, precision and memory layout, on ready features of the same shape: forward, mean square, backward,
step. Two experiments: the demo, and CNN14 at a quarter of its width in the setting of the separated-scenes paper.
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from harness import Options, Row, Timing, alternately, overhead, own_clock, run
from torch import Tensor

from lightning_sepcl.cli.demo import fast_precision
from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.training_cli import TrainingCLI
from lightning_sepcl.methods.base import Method
from lightning_sepcl.optim.parameter_groups import parameter_groups
from lightning_sepcl.records import Batch

GOAL = 1.10
WARMUP = 1
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is trained, and for how long.

    Attributes:
        name: in the rows.
        args: of `sepcl fit`; `fast` is the precision that `sepcl demo` chooses.
        scenes: rendered for training; an epoch of them is a few steps.
        quick, full: steps that are counted.
    """

    name: str
    args: tuple[str, ...]
    scenes: int
    quick: int
    full: int


EXPERIMENTS = (
    Experiment("demo", ("experiments/demo.yaml", "--trainer.precision", "fast"), scenes=256, quick=12, full=40),
    Experiment("CNN14 × 1/4", ("experiments/scenes/simclr.yaml", "--model.encoder.width", "0.25"), 128, 3, 15),
)


class SideBySide(pl.Callback):
    """Times every training step from the end of the one before, and one of the encoder alone between them.

    Attributes:
        whole: the steps as they are, with all that the trainer does around them.
        alone: the encoder's.
    """

    def __init__(self) -> None:
        self.whole, self.alone = Timing(), Timing()
        self._step: Callable[[], None] | None = None
        self._begin = own_clock()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A step has ended; the encoder's turn, then the next step begins."""
        end = own_clock()
        if self._step is None:
            self._step = encoder_step(pl_module, features_of(pl_module, batch))
        counted = trainer.global_step > WARMUP
        if counted:
            self.whole.add(self._begin, end)
        before = own_clock()
        self._step()
        after = own_clock()
        if counted:
            self.alone.add(before, after)
        self._begin = own_clock()


def features_of(method: Method, batch: Batch) -> Tensor:
    """What the encoder reads of a batch, ready in its memory layout."""
    with torch.no_grad():
        features = method.front(batch, torch.Generator().manual_seed(0)).features
    ready: Tensor = method._laid_out(features.flatten(0, 1))
    return ready


def encoder_step(method: Method, features: Tensor) -> Callable[[], None]:
    """The least that trains the encoder: forward, a scalar, backward, the optimiser's step."""
    encoder = copy.deepcopy(method.encoder).train()
    optimizer = method.optimizer(parameter_groups(encoder))
    precision = method.trainer.precision_plugin

    def step() -> None:
        optimizer.zero_grad()
        with precision.train_step_context():
            loss = encoder(features).float().square().mean()
        loss.backward()
        optimizer.step()

    return step


def measure(options: Options) -> list[Row]:
    """The ratio of both experiments, and what the difference is made of."""
    os.chdir(ROOT)  # experiments name their parts relative to their file, but are named from here
    return [row for experiment in EXPERIMENTS for row in _rows(options, experiment)]


def _rows(options: Options, experiment: Experiment) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        cli = build_experiment(_args(options, experiment, folder))
        watch = SideBySide()
        callbacks: list[pl.Callback] = cli.trainer.callbacks
        callbacks.append(watch)
        cli.trainer.fit(cli.model, datamodule=cli.datamodule)
        rounds = options.rounds_or(quick=5, full=15)
        parts = alternately(_parts(cli), rounds)
    clock, unit = options.clock, options.milliseconds
    alone = 1e3 * watch.alone.median(clock)
    whole = 1e3 * watch.whole.median(clock)
    cost = {name: 1e3 * timing.median(clock) for name, timing in parts.items()}
    cost["what remains: trainer, logging, the head's optimiser"] = whole - alone - sum(cost.values())
    name, against = f"{experiment.name}: whole step", "vs encoder alone"
    return [
        overhead(f"{name} {against}", whole, alone, unit, GOAL),
        overhead(f"{name}, mean {against}", 1e3 * watch.whole.mean(clock), 1e3 * watch.alone.mean(clock), unit),
        overhead(f"{name} {against}", 1e3 * watch.whole.median("wall"), 1e3 * watch.alone.median("wall"), "ms wall"),
        *(overhead(f"{experiment.name}: {part} {against}", ms, alone, unit) for part, ms in cost.items()),
    ]


def _args(options: Options, experiment: Experiment, folder: str) -> list[str]:
    """`sepcl fit` on few scenes, without validation; the rest as the experiment says."""
    config, *changes = (fast_precision() if word == "fast" else word for word in experiment.args)
    steps = WARMUP + options.rounds_or(experiment.quick, experiment.full)
    given = {
        "--run": folder,
        "--threads": options.threads,
        "--data.train": experiment.scenes,
        "--data.val": 1,
        "--data.test": 1,
        "--trainer.accelerator": "cpu",
        "--trainer.max_steps": steps,
        "--trainer.limit_val_batches": 0,
    }
    return ["--config", config, *changes, *(str(word) for pair in given.items() for word in pair)]


def _parts(cli: TrainingCLI) -> dict[str, Callable[[], object]]:
    """The parts of a step that are not the encoder's, each on its own with real inputs."""
    method, front, generator = cli.model, cli.model.front, torch.Generator().manual_seed(0)
    loader = cli.datamodule.train_dataloader()
    loader.sampler.position = None
    batches = _endless(loader)
    batch = next(batches)
    draw = front.views.draw(batch.length, batch.wave.shape[1], generator)
    wave = front.views.apply(batch.wave, draw)
    flat = wave.flatten(0, 1)
    features = front.features_of(flat).reshape(*wave.shape[:2], front.features.channels, front.features.bins, -1)
    h = torch.randn(*wave.shape[:2], method.encoder.dim, generator=generator, requires_grad=True)

    def views() -> Tensor:
        drawn = front.views.draw(batch.length, batch.wave.shape[1], generator)
        made: Tensor = front.views.apply(batch.wave, drawn)
        return made

    def head_and_loss() -> None:
        with method.trainer.precision_plugin.train_step_context():
            loss = method.objective(method.head(h))
        loss.backward()

    parts: dict[str, Callable[[], object]] = {"loading": partial(next, batches), "views": views}
    if front.wave_augment:
        parts["wave augmentation"] = partial(front._augmented, wave, None, front.wave_augment, generator)
    parts["features"] = partial(front.features_of, flat)
    if front.feature_augment:
        parts["feature augmentation"] = partial(front._augmented, features, None, front.feature_augment, generator)
    return parts | {"head and loss, both ways": head_and_loss}


def _endless(loader: Any) -> Iterator[Batch]:
    while True:
        yield from loader


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
