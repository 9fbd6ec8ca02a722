"""Two processes judge as one does: every figure, embedding and mixture, to the bit."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluation.two_processes import EXPERIMENTS, judged
from tests.fakes.esc import write_esc
from tests.fakes.rooms import write_rooms
from tests.processes import together

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Both ways: the folders `alone` and `together`."""
    root = tmp_path_factory.mktemp("judged")
    write_esc(root / "esc", clips_per_class_and_fold=1, seconds=1.5)
    write_rooms(root / "rooms")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in EXPERIMENTS:
            out = root / "alone" / name
            out.mkdir(parents=True)
            torch.save(judged(name, root, out), out / "logged.pt")
    together(Path(__file__).parent / "two_processes.py", root)
    return root


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_results_of_a_test(folder, name):
    text = (folder / "alone" / name / "results.json").read_text()
    assert (folder / "together" / name / "results.json").read_text() == text
    assert text.count('"metric"') >= 3


def test_figures_of_a_validation_while_fitting(folder):
    """Of the separator, which has no batch norm that the other training batches would have moved."""
    alone = torch.load(folder / "alone/separation/logged.pt")
    assert "val/si_sdri" in alone
    for rank in (0, 1):
        assert torch.load(folder / f"together/separation/logged{rank}.pt") == alone


@pytest.mark.parametrize("file", ["embeddings.npz", "predictions.npz"])
def test_embeddings(folder, file):
    with np.load(folder / "alone/embeddings" / file) as alone, np.load(folder / "together/embeddings" / file) as both:
        assert alone.files == both.files
        assert len(alone["keys"]) in (9, 26)
        for name in alone.files:
            np.testing.assert_array_equal(both[name], alone[name])


def test_every_mixture(folder):
    alone = (folder / "alone/separation/mixtures.csv").read_text()
    assert (folder / "together/separation/mixtures.csv").read_text() == alone
    assert len(alone.splitlines()) == 1 + 2 * (9 + 5)
