from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch.utils.data import DataLoader, Dataset

from lightning_sepcl.cli.failures import told_of
from lightning_sepcl.data.cache_reader import DamagedCache
from lightning_sepcl.errors import UserError


class Broken(Dataset):
    """Fails in the process that loads it."""

    def __init__(self, act):
        self.act = act

    def __len__(self):
        return 2

    def __getitem__(self, place):
        self.act()
        return place


def die():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def refuse():
    raise DamagedCache(Path("caches/noise"), "clip a differs from its checksum")


def stumble():
    return 1 / 0


def raised_by(act):
    loader = DataLoader(Broken(act), num_workers=1)
    with pytest.raises((RuntimeError, UserError, ZeroDivisionError)) as caught:
        list(loader)
    return caught.value


def test_a_killed_loading_process_is_told():
    told = told_of(raised_by(die), None, "continue with: sepcl fit --run a --resume")
    assert told.startswith("a process that loads batches was killed")
    assert told.endswith("continue with: sepcl fit --run a --resume")


def test_what_a_loading_process_refused_is_told_without_a_traceback():
    assert told_of(raised_by(refuse), None, "") == str(
        DamagedCache(Path("caches/noise"), "clip a differs from its checksum")
    )


def test_faults_of_code_stay_what_they_are():
    assert told_of(raised_by(stumble), None, "") is None
    assert told_of(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None, "") is None
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("x")
    assert told_of(caught.value, None, "") is None


def test_weights_of_another_experiment_are_told():
    with pytest.raises(RuntimeError) as caught:
        torch.nn.Linear(2, 3).load_state_dict(torch.nn.Linear(2, 4).state_dict())
    assert "a.ckpt is of another experiment" in told_of(caught.value, Path("a.ckpt"), "")


def test_refusals_are_passed_on():
    for error in (UserError("no"), MisconfigurationException("no")):
        assert told_of(error, None, "") == "no"
