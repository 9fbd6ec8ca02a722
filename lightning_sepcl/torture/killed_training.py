"""Kills while a method is trained: at any moment, while a checkpoint is written, and at the end of an epoch."""

from __future__ import annotations

import random
import time
from pathlib import Path

from lightning_sepcl.cli.main import main
from lightning_sepcl.torture.child import Act, Child
from lightning_sepcl.torture.killed import Killed
from lightning_sepcl.torture.site import Job, trained_bits

CHECKPOINTS = Path("run") / "checkpoints"
LAST, BEST, PREVIOUS = (CHECKPOINTS / f"{name}.ckpt" for name in ("last", "best", "previous"))
STEPS = 18
LOOK_SECONDS = 1e-4
"""Between two looks whether a checkpoint is being written: that takes a few milliseconds."""

EXPERIMENT = """\
# The smallest run that has everything: augmentation, statistics, validation, a best and a last checkpoint.
seed_everything: 7
threads: 1
plugins: [poisoned.py]
data:
  class_path: SyntheticScenes
  init_args: {train: 24, val: 8, test: 8, seconds: 1.2, sample_rate: 8000, batch_size: 4, eval_batch_size: 8}
model:
  class_path: poisoned.Poisoned
  init_args:
    front:
      views: {class_path: TemporalProximity, init_args: {frames: 64}}
      features: {class_path: LogMel, init_args: {high_hz: 3800, bins: 32}}
      wave_augment: [{class_path: Gain, init_args: {low_db: -6, high_db: 6}}, Mix]
      feature_augment: [SpecAugment]
    encoder: {class_path: SmallCNN, init_args: {widths: [4, 8], dim: 256}}
    head: {hidden: 2048, out: 64, norm: batch}
    optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.001}}
    schedule: WarmupCosine
trainer: {max_epochs: 3, accelerator: cpu, log_every_n_steps: 1, enable_progress_bar: false}
checkpoint: {every_n_steps: 2}
"""
POISONED = '''\
"""SimCLR that goes wrong in a step: SEPCL_TORTURE_POISON=gradient:5 or input:5. Without the variable it is SimCLR."""

import os
from dataclasses import replace

import torch

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.methods import SimCLR


class Poisoned(SimCLR):
    def loss(self, batch, generator):
        what, _, step = os.environ.get("SEPCL_TORTURE_POISON", "").partition(":")
        now = bool(what) and self.global_step == int(step)
        if now and what == "input":
            batch = replace(batch, wave=to_float(batch.wave) * torch.nan)
        loss, parts = super().loss(batch, generator)
        if now and what == "gradient":
            loss = loss + (next(self.parameters()) * 0).sum().sqrt()  # 0, of infinite slope
        return loss, parts
'''


class Training(Job):
    """Eighteen steps in three epochs, a checkpoint every other step.

    Args:
        workers: processes that load batches.
    """

    name = "training"

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers

    def prepare(self, shared: Path) -> None:
        """The experiment."""
        (shared / "tiny.yaml").write_text(EXPERIMENT)
        (shared / "poisoned.py").write_text(POISONED)

    def act(self, shared: Path, folder: Path) -> Act:
        """`sepcl fit --resume`."""
        return main, [[*self.words(shared), "--resume"]]

    def words(self, shared: Path) -> list[str]:
        """The command line without --resume."""
        data = ["--data.cache_dir", f"{shared}/cache", "--data.num_workers", str(self.workers)]
        return ["fit", "--config", f"{shared}/tiny.yaml", "--run", "run", *data]

    def products(self, folder: Path) -> dict[str, str]:
        """Weights, optimiser and counters of the last and of the best checkpoint."""
        return {path.name: trained_bits(folder / path) for path in (LAST, BEST)}


class KilledTraining(Killed):
    """A third of the kills come at any moment, a third while `last.ckpt` is written, a third while `best.ckpt` is,
    which is at the end of an epoch."""

    kind = "killed-training"
    title = "SIGKILL while `sepcl fit` runs, also while a checkpoint is written and at the end of an epoch"
    share = 16
    job = Training()

    def wait(self, child: Child, dice: random.Random, folder: Path, seconds: float) -> bool:
        """Until a drawn time or event."""
        event = dice.choice(("any", "last", "best"))
        if event == "any":
            return super().wait(child, dice, folder, seconds)
        return _lasts_until_written(child, folder / CHECKPOINTS, event, dice.randint(1, 3), dice.uniform(0, 0.004))


def _lasts_until_written(child: Child, folder: Path, name: str, times: int, delay: float) -> bool:
    """Whether it still runs at the moment at which it writes a checkpoint for the so manieth time."""
    writing = False
    while child.lasts(0.0):
        now = any(folder.glob(f".{name}.ckpt.*"))
        times -= now and not writing
        if times == 0:
            time.sleep(delay)
            return True
        writing = now
        time.sleep(LOOK_SECONDS)
    return False
