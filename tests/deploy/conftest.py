"""Small trained models, once for all tests of the room."""

from __future__ import annotations

import pytest
import torch

from lightning_sepcl.separation import LearnedBasis, TDCNpp
from lightning_sepcl.separation.saved import save_separator
from tests.fakes.trained import experiment, write_trained


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    torch.set_num_threads(1)
    return write_trained(tmp_path_factory.mktemp("encoder") / "best.ckpt")


@pytest.fixture(scope="session")
def classifier_checkpoint(tmp_path_factory):
    torch.set_num_threads(1)
    section = experiment()
    return write_trained(tmp_path_factory.mktemp("classifier") / "best.ckpt", {**section, "class_path": "Supervised"})


@pytest.fixture(scope="session")
def separator_file(tmp_path_factory):
    torch.manual_seed(0)
    separator = TDCNpp(2, LearnedBasis(16, 40, 20), bottleneck=8, hidden=12, repeats=1, blocks=3)
    path = tmp_path_factory.mktemp("separator") / "last.safetensors"
    save_separator(path, separator)
    return path
