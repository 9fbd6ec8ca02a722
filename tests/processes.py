"""Two processes that train or judge together, on gloo: how a test starts them, and what they tell Lightning."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import torch
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy

ROOT = Path(__file__).parents[1]


def environment():
    """Of a process on the CPU that finds this checkout."""
    here = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT)}
    return os.environ | here


def together(script, folder, *words):
    """Run `python SCRIPT FOLDER RANK WORDS` twice at once; both must end well."""
    command = [sys.executable, str(script), str(folder)]
    runs = [
        subprocess.Popen(
            [*command, str(rank), *words], env=environment(), stdout=-1, stderr=subprocess.STDOUT, text=True
        )
        for rank in range(2)
    ]
    try:
        said = [run.communicate(timeout=300)[0] for run in runs]
    finally:
        for run in runs:
            run.kill()
    assert [run.returncode for run in runs] == [0, 0], "\n".join(said)


def meet(folder, rank):
    """In each of the two: find the other."""
    torch.set_num_threads(1)
    store = (folder / "store").as_uri()
    torch.distributed.init_process_group(
        "gloo", init_method=store, rank=rank, world_size=2, timeout=timedelta(seconds=90)
    )


def part():
    """In each of the two: wait for the other, since who ends first may take it down."""
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


QUIET = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
"""The trainer's options, for tests that look at nothing but figures."""


def distributed(rank):
    """The trainer's options, for processes that have met."""
    return {"devices": 2, "strategy": DDPStrategy(cluster_environment=Here(rank))}


class Here(LightningEnvironment):
    """Two processes that were started already."""

    creates_processes_externally = True

    def __init__(self, rank):
        super().__init__()
        self.set_global_rank(rank)

    def world_size(self):
        return 2

    def local_rank(self):
        return self.global_rank()
