"""Judging separators in a run: which loaders count, the oracle mask beside, the file of mixtures."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from lightning_sepcl.evaluation.mixture_scores import FILE, read_mixture_scores
from lightning_sepcl.evaluation.results_file import read_results
from lightning_sepcl.evaluation.separation_callback import SeparationEvaluation
from lightning_sepcl.records import Batch
from tests.fakes.tone import tone

SAMPLES = 4000


class Stub(pl.Trainer):
    """As far as the callback asks."""

    default_root_dir, is_global_zero, test_dataloaders, testing = "", True, [0, 1, 2], True

    def __init__(self, folder):
        self.default_root_dir = folder


def batch(*keys, sources=True):
    """Mixtures of two tones far apart, or the mixtures alone."""
    parts = torch.stack([torch.as_tensor(tone(hz, SAMPLES / 8000, 8000)) for hz in (400, 1600)]).float() * 0.3
    wave = torch.stack([parts.sum(0), *(parts if sources else ())])[None, :, None].repeat(len(keys), 1, 1, 1)
    n = len(keys)
    target = torch.zeros(n, 2)
    return Batch(wave, torch.full((n,), SAMPLES), target, torch.zeros(n, dtype=torch.bool), torch.arange(n), keys)


def estimates(of, leak):
    """The sources the wrong way round, each with so much of the other: SI-SDR is -20 log10(leak)."""
    parts = of.wave[:, 1:, 0]
    return {"estimates": parts.flip(1) + leak * parts}


def judged(tmp_path, **options):
    evaluation = SeparationEvaluation(**options)
    trainer, module = Stub(str(tmp_path)), pl.LightningModule()
    train, val, test = batch("t"), batch("v1", "v2"), batch("a", "b", "c")
    evaluation.on_test_epoch_start(trainer, module)
    evaluation.on_test_batch_end(trainer, module, {}, train, 0, 0)
    evaluation.on_test_batch_end(trainer, module, estimates(val, 0.01), val, 0, 1)
    evaluation.on_test_batch_end(trainer, module, estimates(test, 0.1), test, 0, 2)
    evaluation.on_test_epoch_end(trainer, module)
    return {(r.what, r.metric): r for r in read_results(tmp_path / "results.json")}


def test_test_clips_alone_unless_asked(tmp_path):
    found = judged(tmp_path, seed=3)
    assert found["separator", "si_sdri"].value == pytest.approx(20, abs=0.05)  # the mixture itself has 0 dB
    assert (found["separator", "si_sdri"].n, found["separator", "si_sdri"].seed) == (3, 3)
    assert not [metric for _, metric in found if metric.startswith("val_")]
    assert {what for what, _ in found} == {"separator"}


def test_validation_too(tmp_path):
    found = judged(tmp_path, validation_too=True)
    assert found["separator", "val_si_sdri"].value == pytest.approx(40, abs=0.05)
    assert found["separator", "val_si_sdri"].n == 2
    assert found["separator", "si_sdri"].value == pytest.approx(20, abs=0.05)


def test_the_oracle_mask_is_judged_beside(tmp_path):
    found = judged(tmp_path, mask_window_samples=256)
    assert found["STFT binary mask", "si_sdri"].value > 25  # tones in other bins
    assert found["separator", "si_sdri"].value == pytest.approx(20, abs=0.05)


def test_every_mixture_has_its_line(tmp_path):
    judged(tmp_path, validation_too=True, mask_window_samples=256)
    scores = read_mixture_scores(tmp_path / FILE)
    by = {(s.split, s.what): [(x.mixture) for x in scores if (x.split, x.what) == (s.split, s.what)] for s in scores}
    assert by == {
        ("val", "separator"): ["v1", "v2"],
        ("val", "STFT binary mask"): ["v1", "v2"],
        ("test", "separator"): ["a", "b", "c"],
        ("test", "STFT binary mask"): ["a", "b", "c"],
    }
    ours = [s.si_sdri for s in scores if (s.split, s.what) == ("test", "separator")]
    assert ours == pytest.approx([20.0] * 3, abs=0.05)


def test_clips_without_sources_give_no_figures(tmp_path, caplog):
    evaluation, trainer, module = SeparationEvaluation(), Stub(str(tmp_path)), pl.LightningModule()
    alone = batch("a", sources=False)
    evaluation.on_test_epoch_start(trainer, module)
    evaluation.on_test_batch_end(trainer, module, {"estimates": torch.zeros(1, 2, SAMPLES)}, alone, 0, 2)
    evaluation.on_test_epoch_end(trainer, module)
    assert read_results(tmp_path / "results.json") == []
    assert "come without their sources" in caplog.text


def test_methods_that_do_not_separate_are_refused(tmp_path):
    evaluation, trainer = SeparationEvaluation(), Stub(str(tmp_path))
    with pytest.raises(ValueError, match="methods that separate"):
        evaluation.on_test_batch_end(trainer, pl.LightningModule(), {"embedding": torch.zeros(1, 4)}, batch("a"), 0, 2)
