"""One of two processes that train together: python two_processes.py FOLDER RANK [CASE ...]

Each case takes two steps by Lightning's trainer under DDP; the last step's loss and gradients go to FOLDER/rankN.pt.
"""

import sys
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lightning_sepcl.methods import GlobalBatchNorms
from tests.methods.cases import CASES, half
from tests.processes import QUIET, distributed, meet, part


class Watch(pl.Callback):
    """Keeps loss and gradients of the last step, after DDP has averaged them."""

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        named = pl_module.named_parameters()
        self.gradients = {n: p.grad.clone() for n, p in named if p.grad is not None}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.loss = outputs["loss"].detach().clone()


def trained(case, rank, folder):
    """Loss and gradients of the second step."""
    watch = Watch()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_steps=2,
        use_distributed_sampler=False,
        default_root_dir=folder,
        **QUIET,
        **distributed(rank),
        callbacks=[watch, *([GlobalBatchNorms()] if case.joined else [])],
    )
    own = half(case.batch(), rank)
    trainer.fit(case.build(), DataLoader([own, own], batch_size=None))
    return {"loss": watch.loss, "gradients": watch.gradients}


def main(folder, rank, names):
    warnings.filterwarnings("ignore")
    meet(folder, rank)
    results = {name: trained(CASES[name], rank, folder) for name in names or CASES}
    torch.save(results, folder / f"rank{rank}.pt")
    part()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
