"""One process of a training whose steps do not depend on how many there are: training.py FOLDER STEPS BATCH PROCESSES

The demo's joint experiment with views that nothing is drawn for (a whole clip, and the one sound in it alone), losses
over the clips of all processes, and one batch norm. Writes FOLDER/rankN.pt: seconds and loss of every step, the
gradient of the first and the weights after the last.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from lightning_sepcl.cli.training import build_experiment

ROOT = Path(__file__).resolve().parents[2]
CLIPS, SEED = 256, 0
FIXED = (
    "--model.objective.negatives=gathered",
    "--model.pairs=gathered",
    "--model.front.wave_augment=[]",
    "--model.front.feature_augment=[]",
    "--model.front.views.sources=MixtureChannel",
    "--data.seconds=0.975",
    "--data.polyphony=[1,1]",
    "--data.sources=true",
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


def main(folder: Path, steps: int, batch: int, processes: int) -> None:
    """Train `steps` steps of `batch` clips over all processes."""
    os.chdir(ROOT)
    machine = ["--config", "experiments/scales/cpus2.yaml"] if processes > 1 else []
    own = [f"--run={folder / 'run'}", f"--trainer.max_steps={steps}", f"--data.batch_size={batch // processes}"]
    cli = build_experiment(["--config", "experiments/demo_joint.yaml", *machine, *FIXED, *own])
    watch = Watch()
    callbacks: list[pl.Callback] = cli.trainer.callbacks
    callbacks.append(watch)
    cli.trainer.fit(cli.model, datamodule=cli.datamodule)
    weights = {name: p.detach() for name, p in cli.model.named_parameters()}
    kept = {"seconds": watch.seconds, "losses": watch.losses, "gradients": watch.gradients, "weights": weights}
    torch.save(kept, folder / f"rank{cli.trainer.global_rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:5]))
