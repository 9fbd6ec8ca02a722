"""Training separators: the right loss of the right waves, and it falls."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from lightning_sepcl.cli.composition import Composition
from lightning_sepcl.methods import MixITSeparation, PITSeparation
from lightning_sepcl.objectives.mixit import mixit
from lightning_sepcl.objectives.pit import PIT
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import ITDCNpp, STFTBasis, TDCNpp

SCENES = Path(__file__).parents[2] / "experiments/scenes"


def network(kind=TDCNpp, sources=4):
    torch.manual_seed(0)
    basis = STFTBasis(128, 64, zero_beginning=True)
    return kind(sources, basis, bottleneck=16, hidden=32, repeats=1, blocks=4)


def batch(clips=4, sources=2, samples=4000):
    """Tones: every source of every clip at a frequency of its own."""
    time = torch.arange(samples) / 16000
    pitch = 300 * 1.5 ** torch.arange(clips * sources)[:, None]
    waves = (torch.sin(2 * math.pi * pitch * time) * 0.2).reshape(clips, sources, 1, samples)
    wave = torch.cat([waves.sum(1, keepdim=True), waves], 1)
    length, index = torch.full((clips,), samples), torch.arange(clips)
    keys = tuple(f"clip {i}" for i in range(clips))
    return Batch(wave, length, torch.zeros(clips, 0), torch.zeros(clips, dtype=torch.bool), index, keys)


def test_mixit_sums_consecutive_clips_and_gives_the_estimates_back_to_them():
    model, given = MixITSeparation(network()), batch()
    loss, parts = model.loss(given, torch.Generator())
    pairs = torch.stack([given.wave[[0, 2], 0, 0], given.wave[[1, 3], 0, 0]], 1)
    expected = mixit(model.separator(pairs.sum(1, keepdim=True)), pairs)[0].mean()
    torch.testing.assert_close(loss, expected)
    assert parts["snr_gain_db"].isfinite()


def test_an_iterative_separator_is_asked_at_every_stage():
    model, given = MixITSeparation(network(ITDCNpp)), batch()
    pairs = model.grouped(model.recordings(given))
    stages = model.separator.stages(pairs.sum(1, keepdim=True))
    assert len(stages) == 2
    torch.testing.assert_close(model.loss(given, torch.Generator())[0], sum(mixit(s, pairs)[0].mean() for s in stages))


def test_pit_separates_the_sum_of_the_sources_and_takes_missing_ones_as_silent():
    model, given = PITSeparation(network(sources=3)), batch()
    sources = torch.cat([given.wave[:, 1:, 0], torch.zeros(4, 1, 4000)], 1)
    expected = PIT()(model.separator(sources.sum(1, keepdim=True)), sources)
    torch.testing.assert_close(model.loss(given, torch.Generator())[0], expected)


@pytest.mark.parametrize("method", [MixITSeparation, PITSeparation])
def test_the_loss_falls(method):
    model, given = method(network()), batch()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss, _ = model.loss(given, torch.Generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) / 5 < losses[0] - 5  # dB


def test_clips_of_other_lengths_are_separated_as_if_alone():
    model, given = MixITSeparation(network()).eval(), batch()
    length = torch.tensor([4000, 3000, 4000, 500])
    wave = given.wave * (torch.arange(4000) < length[:, None, None, None])
    cut = Batch(wave, length, given.target, given.labelled, given.index, given.keys)
    estimates = model.predict_step(cut, 0)["estimates"]
    assert estimates.shape == (4, 4, 4000)
    for i, samples in enumerate(length.tolist()):
        alone = model.separator(wave[i : i + 1, 0, :, :samples])
        torch.testing.assert_close(estimates[i, :, :samples], alone[0])
        assert not estimates[i, :, samples:].any()


def test_trained_clips_are_not_separated_for_evaluation():
    model, given = MixITSeparation(network()).eval(), batch()
    with torch.no_grad():
        model._trainer = SimpleNamespace(testing=False, val_dataloaders=["train", "val"])
        assert model.validation_step(given, 0, 0) == {}
        assert set(model.validation_step(given, 0, 1)) == {"estimates"}
        model._trainer = SimpleNamespace(testing=True, test_dataloaders=["train", "val", "test"])
        assert model.test_step(given, 0, 0) == {}
        assert set(model.test_step(given, 0, 1)) == set(model.test_step(given, 0, 2)) == {"estimates"}
        model._trainer = SimpleNamespace(testing=True, test_dataloaders="one")
        assert set(model.test_step(given, 0)) == {"estimates"}


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="made for 16000 Hz, the data come at 8000 Hz"):
        MixITSeparation(network(), sample_rate=8000)
    with pytest.raises(ValueError, match="mixtures is 5"):
        MixITSeparation(network(), mixtures=5)
    with pytest.raises(ValueError, match=r"the batch has 3: set data\.batch_size to a multiple of 2"):
        MixITSeparation(network()).loss(batch(3), torch.Generator())
    with pytest.raises(ValueError, match="needs the isolated sources"):
        PITSeparation(network()).loss(batch(sources=0), torch.Generator())
    with pytest.raises(ValueError, match="up to 2 sources, the separator makes 1"):
        PITSeparation(network(sources=1)).loss(batch(), torch.Generator())
    two = batch()
    stereo = Batch(two.wave.expand(-1, -1, 2, -1), two.length, two.target, two.labelled, two.index, two.keys)
    with pytest.raises(ValueError, match="one microphone"):
        MixITSeparation(network()).loss(stereo, torch.Generator())


def test_at_paper_scale_the_separator_reads_the_encoders_cache_and_is_not_validated():
    """AudioSet has no isolated sources: asked for, they would be decoded into a second cache, and judged by nothing."""
    settings = {}
    for experiment, scale in (("separator", "paper_separator"), ("simclr", "paper")):
        composed = Composition()
        for file in (f"{experiment}.yaml", f"scales/{scale}.yaml"):
            composed.add_file(SCENES / file)
        settings[experiment] = composed.value
    separator, encoder = (one["data"] for one in settings.values())
    assert separator["class_path"] == encoder["class_path"] == "AudioSet"
    assert separator["init_args"]["sources"] is encoder["init_args"]["sources"] is False
    assert settings["separator"]["trainer"]["limit_val_batches"] == 0
    assert settings["separator"]["trainer"]["val_check_interval"] is None
    assert settings["separator"]["model"]["init_args"]["schedule"] == "Halving"
