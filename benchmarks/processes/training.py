"""One process of a training whose steps do not depend on how many there are.

training.py FOLDER STEPS BATCH PROCESSES REORDERED; with REORDERED 1 the clips of a batch stand in the order of two
processes, one behind the other: what rounding alone changes.

The demo's joint experiment with views that nothing is drawn for, losses over the clips of all processes, one batch norm
and SGD, with steps so small that rounding does not grow. Writes FOLDER/rankN.pt: seconds and loss of
every step, the gradient of the first and the weights after the last.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.records import Batch

ROOT = Path(__file__).resolve().parents[2]
CLIPS, SEED = 256, 0
FIXED = (
    "--model.objective.negatives=gathered",
    "--model.pairs=gathered",
    "--model.front.wave_augment=[]",
    "--model.front.feature_augment=[]",
    "--plugins=benchmarks/processes/fixed_views.py",
    "--model.front.views=FixedViews",
    "--model.optimizer=torch.optim.SGD",
    "--model.optimizer.lr=0.002",
    "--data.seconds=1.5",
    f"--data.train={CLIPS}",
    "--data.val=1",
    "--data.test=1",
    "--threads=1",
    "--trainer.limit_val_batches=0",
    "--trainer.enable_progress_bar=false",
    f"--seed_everything={SEED}",
)


class Watch(pl.Callback):
    """Keeps what every step did."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self.gradients: dict[str, torch.Tensor] = {}
        self._begin = time.perf_counter()

    def on_before_optimizer_step(self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Any) -> None:
        """The gradients of the first step, averaged over the processes."""
        if not self.gradients:
            named = pl_module.named_parameters()
            self.gradients = {name: p.grad.clone() for name, p in named if p.grad is not None}

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """The loss of this process's clips, and the time since the last step."""
        now = time.perf_counter()
        self.seconds.append(now - self._begin)
        self.losses.append(float(outputs["loss"]))
        self._begin = now


def reordered(batch: Batch) -> Batch:
    """Clips 0, 2, 4 ..., then 1, 3, 5 ..."""
    order = [*range(0, len(batch), 2), *range(1, len(batch), 2)]
    own = {f.name: getattr(batch, f.name) for f in fields(batch)}
    keys = tuple(batch.keys[i] for i in order)
    return Batch(
        **{name: value if value is None else value[order] for name, value in own.items() if name != "keys"}, keys=keys
    )


def main(folder: Path, steps: int, batch: int, processes: int, reorder: int) -> None:
    """Train `steps` steps of `batch` clips over all processes."""
    os.chdir(ROOT)
    machine = ["--config", "experiments/scales/cpus2.yaml"] if processes > 1 else []
    own = [f"--run={folder / 'run'}", f"--trainer.max_steps={steps}", f"--data.batch_size={batch // processes}"]
    cli = build_experiment(["--config", "experiments/demo_joint.yaml", *machine, *FIXED, *own])
    if reorder:
        cli.model.on_after_batch_transfer = lambda batch, dataloader_idx: reordered(batch)
    watch = Watch()
    callbacks: list[pl.Callback] = cli.trainer.callbacks
    callbacks.append(watch)
    cli.trainer.fit(cli.model, datamodule=cli.datamodule)
    weights = {name: p.detach() for name, p in cli.model.named_parameters()}
    kept = {"seconds": watch.seconds, "losses": watch.losses, "gradients": watch.gradients, "weights": weights}
    torch.save(kept, folder / f"rank{cli.trainer.global_rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:6]))
