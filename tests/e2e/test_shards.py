"""Training from tar shards: killed, carried on and on two processes, with the bits of training from the cache."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "SEPCL_WORKERS": "1"}
SCENES = ("--train", "24", "--val", "8", "--test", "8", "--seconds", "1.2", "--sample_rate", "8000")
"""The data of tiny.yaml."""
TWO = ("--trainer.devices", "2", "--trainer.strategy", "ddp", "--trainer.use_distributed_sampler", "false",
       "--data.batch_size", "2")  # fmt: skip


def sepcl(*words, moment="never"):
    command = [sys.executable, str(HERE / "killable_fit.py"), moment, *map(str, words)]
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=600)
    assert (done.returncode == 0) is (moment == "never"), f"{moment}: {done.returncode}\n{done.stderr[-3000:]}"
    return done.returncode


def fit(folder, *words, moment="never"):
    run = ("--config", HERE / "tiny.yaml", "--run", folder / "run", "--data.cache_dir", folder / "cache", "--resume")
    return sepcl("fit", *run, *words, moment=moment)


def weights(folder):
    state = torch.load(folder / "run/checkpoints/last.ckpt", weights_only=True, map_location="cpu")
    assert state["global_step"] == 18  # 24 clips in batches of 4, three epochs
    return state["state_dict"]


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    sepcl("data", "shard", "SyntheticScenes", *SCENES, "--out", folder / "s", "--clips_per_shard", "5")
    return folder / "s"


@pytest.mark.slow
def test_killed_and_resumed_it_ends_as_training_from_the_cache(shards, tmp_path):
    fit(tmp_path / "cache")
    for moment in ("step:4", "checkpoint:2", "never"):
        killed = fit(tmp_path / "shards", "--data.shards", shards, "--data.num_workers", 2, moment=moment)
        assert killed == (0 if moment == "never" else -signal.SIGKILL)
    assert_same_bits(weights(tmp_path / "cache"), weights(tmp_path / "shards"))


@pytest.mark.slow
def test_two_processes_killed_and_resumed_end_as_if_they_were_not(shards, tmp_path):
    some = ("--data.shards", shards, "--data.mixed_shards", 2, *TWO)
    fit(tmp_path / "whole", *some)
    for moment in ("step:9", "never"):
        fit(tmp_path / "killed", *some, "--data.num_workers", 2, moment=moment)
    assert_same_bits(weights(tmp_path / "whole"), weights(tmp_path / "killed"))
