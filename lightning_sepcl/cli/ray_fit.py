"""One training as a job of Ray Train: python -m lightning_sepcl.cli.ray_fit --workers N -- ARGUMENTS OF sepcl fit

Ray starts the workers, wherever in its cluster there is room, and tells them where they meet; the rest is `sepcl fit`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lightning_utilities.core.rank_zero import rank_zero_only

from lightning_sepcl.cli.reproduce_options import split
from lightning_sepcl.cli.training import run as run_training
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError, exit_status

HERE = (
    "--trainer.devices=auto",
    '--trainer.strategy={"class_path": "ray.train.lightning.RayDDPStrategy"}',
    '--trainer.plugins=[{"class_path": "ray.train.lightning.RayLightningEnvironment"}]',
)
"""What a worker is told of where it is."""
PYTHON_PATH = "PYTHONPATH"


def run(args: Sequence[str]) -> int:
    """Train with several workers of the cluster that `RAY_ADDRESS` names, or of this machine; the exit status.

    The checkout must lie in the same place on all nodes, and so must the run's folder.

    Raises:
        UserError: Ray Train is not installed, there is nothing to train, or the training failed.
    """
    own, fit = split(args)
    options = _parser().parse_args(own)
    if not fit:
        raise UserError("no experiment given: write the arguments of `sepcl fit` behind --")
    training = trainer(partial(_train, fit, str(Path.cwd())), options)
    try:
        training.fit()
    except _of_ray("ray.train").TrainingFailedError as error:
        raise UserError(
            "the training failed, and what its workers said stands above: mend that and give the same command again, "
            "with --resume to go on from the last checkpoint"
        ) from error
    return 0


def trainer(loop: Callable[[], None], options: argparse.Namespace) -> Any:
    """Ray's trainer of `loop`, with the workers that were asked for and one GPU each where there are any."""
    ray, torch_train, train = (_of_ray(name) for name in ("ray", "ray.train.torch", "ray.train"))
    path = os.environ.get(PYTHON_PATH)
    ray.init(ignore_reinit_error=True, runtime_env={"env_vars": {PYTHON_PATH: path}} if path else None)
    gpus = ray.cluster_resources().get("GPU", 0) > 0
    scaling = train.ScalingConfig(
        num_workers=options.workers,
        use_gpu=gpus,
        resources_per_worker={"CPU": options.threads} | ({"GPU": 1} if gpus else {}),
    )
    return torch_train.TorchTrainer(loop, scaling_config=scaling, run_config=train.RunConfig(name="sepcl"))


def _train(words: Sequence[str], folder: str) -> None:
    """What each worker does."""
    os.chdir(folder)
    # Lightning takes a process for the first one until its trainer is there, and the first one sets earlier runs aside
    rank_zero_only.rank = _of_ray("ray.train").get_context().get_world_rank()  # type: ignore[attr-defined]
    if exit_status(lambda: run_training("fit", [*words, *HERE])):
        raise RuntimeError("`sepcl fit` failed in this worker; what it said stands above")


def _of_ray(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        raise UserError("Ray Train is not here: pip install 'lightning_sepcl[ray]'") from None


def _parser() -> VerbParser:
    parser = VerbParser("python -m lightning_sepcl.cli.ray_fit", __doc__ or "")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes (default: 2)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="processors of each (default: 1)")
    return parser


if __name__ == "__main__":
    sys.exit(exit_status(lambda: run(sys.argv[1:])))
