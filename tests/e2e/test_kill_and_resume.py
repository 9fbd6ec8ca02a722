"""A run that is killed at any moment and resumed ends with the same bits as one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def command(folder, moment, workers=0):
    return [
        *(sys.executable, str(HERE / "killable_fit.py"), moment, "fit", "--config", str(HERE / "tiny.yaml")),
        *("--run", str(folder / "run"), "--data.cache_dir", str(folder / "cache"), "--resume"),
        *("--data.num_workers", str(workers)),
    ]


def attempt(folder, moment="never", workers=0):
    done = subprocess.run(command(folder, moment, workers), env=ENV, capture_output=True, text=True, timeout=300)
    expected = 0 if moment == "never" else -signal.SIGKILL
    assert done.returncode == expected, f"{moment}: exit {done.returncode}\n{done.stderr[-3000:]}"
    return done.stderr


def final(folder):
    state = torch.load(folder / "run/checkpoints/last.ckpt", weights_only=True, map_location="cpu")
    assert state["global_step"] == 18  # 24 clips in batches of 4, three epochs
    return state


def assert_same_bits(a, b):
    assert a["state_dict"].keys() == b["state_dict"].keys()
    for name, value in a["state_dict"].items():
        assert torch.equal(value, b["state_dict"][name]), name
    for group in ("optimizer_states", "lr_schedulers", "epoch"):
        assert str(a[group]) == str(b[group])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    attempt(folder)
    return final(folder)


def test_killed_in_an_epoch_at_its_end_and_while_a_checkpoint_is_written(undisturbed, tmp_path):
    for moment in ("step:5", "epoch:1", "checkpoint:2", "saved:3", "never"):
        told = attempt(tmp_path, moment, workers=2 if moment == "epoch:1" else 0)
        assert ("continuing from" in told) is (moment != "step:5")  # or the test would pass by starting afresh
    assert_same_bits(undisturbed, final(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("moments", [[f"step:{n}"] for n in range(1, 18)] + [["epoch:1", "epoch:1"], ["checkpoint:1"]]
    + [[f"saved:{n}"] for n in range(1, 11)] + [["saved:4", "saved:1", "saved:3"]])  # fmt: skip
def test_killed_at_every_step(undisturbed, tmp_path, moments):
    for moment in (*moments, "never"):
        attempt(tmp_path, moment)
    assert_same_bits(undisturbed, final(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_moments(undisturbed, tmp_path, seed):
    dice = random.Random(seed)
    for _ in range(4):
        run = subprocess.Popen(
            command(tmp_path, "never", 2 * (seed % 2)), env=ENV, stdout=-3, stderr=-3, start_new_session=True
        )
        time.sleep(dice.uniform(2, 14))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    attempt(tmp_path)
    assert_same_bits(undisturbed, final(tmp_path))
