from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from lightning_sepcl.evaluation.event_localisation import EventLocalisationEvaluation
from lightning_sepcl.evaluation.results_file import read_results
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from lightning_sepcl.records import Batch
from tests.fakes.rooms import far_field

AZIMUTH = torch.tensor([170.0, -60.0, 0.0])


def batch(direction=True, labelled=True):
    wave = torch.stack([far_field(float(a), 4000, i) for i, a in enumerate(AZIMUTH)])[:, None]
    where = torch.stack([AZIMUTH, torch.zeros(3), torch.ones(3)], 1) if direction else None
    target = torch.eye(2)[torch.tensor([0, 1, 1])]
    known = torch.full((3,), labelled)
    return Batch(wave, torch.full((3,), 4000), target, known, torch.arange(3), ("a", "b", "c"), where)


def predictions(off=0.0):
    angle = torch.deg2rad(AZIMUTH + off)
    return {
        "classes": torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]),
        "azimuth": torch.stack([angle.cos(), angle.sin()], 1),
    }


class Stub(pl.Trainer):
    """As far as the callback asks."""

    default_root_dir, is_global_zero, test_dataloaders, testing = "", True, [0, 1, 2], True

    def __init__(self, folder):
        self.default_root_dir = folder


def judged(tmp_path, some, outputs, **kwargs):
    evaluation = EventLocalisationEvaluation(**kwargs)
    trainer, module = Stub(str(tmp_path)), pl.LightningModule()
    evaluation.on_test_epoch_start(trainer, module)
    evaluation.on_test_batch_end(trainer, module, {}, some, 0, 1)
    evaluation.on_test_batch_end(trainer, module, outputs, some, 0, 2)
    evaluation.on_test_epoch_end(trainer, module)
    return {(r.what, r.metric): r for r in read_results(tmp_path / "results.json")}


def test_figures_by_hand(tmp_path):
    found = judged(tmp_path, batch(), predictions(off=15.0), yardstick=SRPPHAT(), seed=4, sample_rate=16000)
    accuracy, error = found["embedding", "event_accuracy"], found["embedding", "azimuth_error"]
    assert (accuracy.value, accuracy.chance, accuracy.n, accuracy.seed) == (
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
        3,
        4,
    )
    assert (error.value, error.chance, error.n) == (pytest.approx(15.0, abs=1e-3), 90.0, 3)
    assert found["SRP-PHAT", "azimuth_error"].value < 2


def test_what_is_not_known_is_not_judged(tmp_path):
    assert set(judged(tmp_path, batch(direction=False), predictions())) == {("embedding", "event_accuracy")}
    assert set(judged(tmp_path, batch(labelled=False), predictions())) == {("embedding", "azimuth_error")}


def test_a_yardstick_for_another_rate_is_refused():
    with pytest.raises(ValueError, match="SRPPHAT has sample_rate 16000, the data come at 24000 Hz"):
        EventLocalisationEvaluation(SRPPHAT(sample_rate=16000), sample_rate=24000)


def test_embeddings_are_refused(tmp_path):
    with pytest.raises(ValueError, match="use `Evaluation`"):
        judged(tmp_path, batch(), {"embedding": torch.zeros(3, 4)})
