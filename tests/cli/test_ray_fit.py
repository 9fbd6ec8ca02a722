"""One training by Ray Train: what it asks Ray for, and a real one where Ray Train is installed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import types
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli import ray_fit
from lightning_sepcl.errors import UserError
from tests.processes import environment

ROOT = Path(__file__).parents[2]


def fake_ray(monkeypatch, gpus):
    """As far as is asked; the trainer and the scaling are what they were given."""
    ray, train, torch_train = (types.ModuleType(name) for name in ("ray", "ray.train", "ray.train.torch"))
    ray.init = lambda **given: None
    ray.cluster_resources = lambda: {"CPU": 4.0} | ({"GPU": 2.0} if gpus else {})
    train.ScalingConfig = train.RunConfig = lambda **given: given
    torch_train.TorchTrainer = lambda loop, scaling_config, run_config: scaling_config
    for module in (ray, train, torch_train):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return train, torch_train


@pytest.mark.parametrize("gpus", [True, False])
def test_workers_and_a_gpu_each_where_there_are_any(gpus, monkeypatch):
    fake_ray(monkeypatch, gpus)
    asked = ray_fit.trainer(lambda: None, argparse.Namespace(workers=3, threads=2))
    assert asked["num_workers"] == 3
    assert asked["use_gpu"] == gpus
    assert asked["resources_per_worker"] == {"CPU": 2} | ({"GPU": 1} if gpus else {})


def test_without_ray_or_without_an_experiment_it_is_told(monkeypatch):
    with pytest.raises(UserError, match="behind --"):
        ray_fit.run(["--workers", "2"])
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match="pip install"):
        ray_fit.run(["--", "--config", "a.yaml"])


def test_a_training_that_failed_is_told_in_a_sentence(monkeypatch):
    train, torch_train = fake_ray(monkeypatch, gpus=False)
    train.TrainingFailedError = type("TrainingFailedError", (Exception,), {})

    class Failing:
        def __init__(self, loop, **given):
            pass

        def fit(self):
            raise train.TrainingFailedError("Training failed due to worker errors:\n[Rank 0]\nTraceback")

    torch_train.TorchTrainer = Failing
    with pytest.raises(UserError, match=r"the training failed, and what its workers said stands above: mend") as told:
        ray_fit.run(["--", "--config", "a.yaml"])
    assert "\n" not in str(told.value)


@pytest.mark.slow
def test_two_workers_train(tmp_path):
    pytest.importorskip("tensorboardX")  # stands for the part `train`, whose import takes long
    pytest.importorskip("ray.train.lightning", exc_type=ImportError)
    fit = ["--config", str(ROOT / "tests/e2e/tiny.yaml"), "--trainer.accelerator", "cpu", "--threads", "1"]
    places = ["--run", str(tmp_path / "run"), "--data.cache_dir", str(tmp_path / "cache"), "--data.batch_size", "2"]
    command = [sys.executable, "-m", "lightning_sepcl.cli.ray_fit", "--workers", "2", "--", *fit, *places]
    env = environment() | {"HOME": str(tmp_path), "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    state = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True, map_location="cpu")
    assert state["global_step"] == 18
