"""One of two processes that train together: python two_processes.py FOLDER RANK writes its losses and gradients."""

import sys
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from lightning_sepcl.objectives.gather_with_gradient import gather_with_gradient
from lightning_sepcl.objectives.nt_xent import NTXent

BATCH, DIM = 8, 5


def batch():
    """(clip, view, dim) of both processes together."""
    return torch.randn(BATCH, 2, DIM, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def model():
    """The same weights in every process."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(DIM, 16), torch.nn.Tanh(), torch.nn.Linear(16, 6)).double()


def main(folder, rank):
    torch.set_num_threads(1)
    store = (folder / "store").as_uri()
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2, timeout=timedelta(seconds=60))
    results = {}
    for negatives in ("local", "gathered"):
        net = DistributedDataParallel(model())
        own = batch().chunk(2)[rank]
        loss = NTXent(0.2, negatives)(net(own.flatten(0, 1)).unflatten(0, own.shape[:2]))
        loss.backward()
        results[negatives] = {"loss": loss.detach(), "gradients": [p.grad for p in net.parameters()]}
    try:
        gather_with_gradient(torch.zeros(4 + 2 * rank, 3))
    except ValueError as error:
        results["unequal"] = str(error)
    torch.save(results, folder / f"rank{rank}.pt")
    distributed.barrier()  # a process that ends while the other still talks to it may be aborted
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
