from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from lightning_sepcl.evaluation.results_file import read_results
from lightning_sepcl.evaluation.two_source_localisation import (
    CHANCE_PAIR_DEG,
    TwoSourceLocalisationEvaluation,
    pair_error,
)
from lightning_sepcl.records import Batch
from tests.evaluation.test_event_localisation import Stub


def points(azimuths):
    angle = torch.deg2rad(torch.as_tensor(azimuths))
    return torch.stack([angle.cos(), angle.sin()], -1).flatten(1)


def test_the_better_order_counts():
    found = pair_error(
        points([[10.0, 100.0], [100.0, 10.0], [170.0, 0.0]]), torch.tensor([[0.0, 90.0]] * 2 + [[-170.0, 4.0]])
    )
    torch.testing.assert_close(found, torch.tensor([10.0, 10.0, 12.0]), atol=1e-3, rtol=0)


def test_chance_by_a_grid_of_guesses():
    """All quadruples of angles on a grid, of which one may stay where it is."""
    angle = torch.arange(0, 360, 7.5)
    one, first, second = torch.meshgrid(angle, angle, angle, indexing="ij")
    truth = torch.stack([first.flatten(), second.flatten()], 1)
    found = pair_error(points(torch.stack([one.flatten(), torch.zeros(one.numel())], 1)), truth)
    assert found.mean().item() == pytest.approx(CHANCE_PAIR_DEG, abs=0.2)


def test_figures_by_hand(tmp_path):
    direction = torch.tensor([[0.0, 0, 1, 90.0, 0, 1], [50.0, 0, 1, -50.0, 0, 1], [20.0, 0, 1] + [torch.nan] * 3])
    target, known = torch.tensor([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), torch.ones(3, dtype=torch.bool)
    batch = Batch(
        torch.zeros(3, 1, 4, 10), torch.full((3,), 10), target, known, torch.arange(3), tuple("abc"), direction
    )
    outputs = {"classes": target * 0.8, "azimuth": points([[90.0, 30.0], [50.0, -50.0], [180.0, 180.0]])}
    evaluation, trainer, module = TwoSourceLocalisationEvaluation(seed=3), Stub(str(tmp_path)), pl.LightningModule()
    evaluation.on_test_epoch_start(trainer, module)
    evaluation.on_test_batch_end(trainer, module, outputs, batch, 0, 2)
    evaluation.on_test_epoch_end(trainer, module)
    found = {r.metric: r for r in read_results(tmp_path / "results.json")}
    assert found["event_map"].value == pytest.approx(1.0)
    error = found["azimuth_error"]
    assert (error.value, error.n, error.chance, error.seed) == (pytest.approx(7.5, abs=1e-3), 2, CHANCE_PAIR_DEG, 3)
