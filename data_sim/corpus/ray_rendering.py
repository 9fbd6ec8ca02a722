"""Rendering as Ray tasks, a shard each; the nodes share the disk that the corpus lies on."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import torch

from data_sim.corpus.shard import Plan, write_shard
from lightning_sepcl.errors import UserError
from lightning_sepcl.progress import progress


def write_with_ray(plan: Plan, shards: Sequence[int]) -> None:
    """Writes the shards that are missing on the cluster that `RAY_ADDRESS` names, or on this machine.

    Raises:
        UserError: ray is not installed.
    """
    missing = [shard for shard in shards if not plan.folder(shard).is_dir()]
    if not missing:
        return
    ray = _ray()
    ray.init(ignore_reinit_error=True)
    task = ray.remote(num_cpus=1)(write_alone)
    waiting: dict[Any, int] = {task.remote(plan, shard): shard for shard in missing}
    with progress("rendering scenes", sum(len(plan.numbers(shard)) for shard in missing)) as tell:
        try:
            while waiting:
                for reference in ray.wait(list(waiting))[0]:
                    ray.get(reference)
                    tell(len(plan.numbers(waiting.pop(reference))))
        except BaseException:
            for reference in waiting:
                ray.cancel(reference)
            raise


def write_alone(plan: Plan, shard: int) -> None:
    """A task: one shard on one thread."""
    torch.set_num_threads(1)
    write_shard(plan, shard)


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except (ImportError, OSError, RuntimeError):
        raise UserError("--launcher ray needs Ray, which is not here: pip install 'lightning_sepcl[ray]'") from None
