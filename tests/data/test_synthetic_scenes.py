from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus, SyntheticScenes
from lightning_sepcl.errors import UserError
from lightning_sepcl.synth.catalogue import CATALOGUE
from lightning_sepcl.synth.event_bank import EventBank
from lightning_sepcl.synth.scene import synthetic_scene


def small(**settings):
    return SyntheticScenes(train=4, val=1, test=1, seconds=0.5, polyphony=[1, 3], batch_size=2, **settings)


def test_labels_are_those_of_the_rendered_scene():
    corpus = SyntheticCorpus(3, 0, 0, seconds=0.5, polyphony=(1, 3))
    manifest = corpus.manifest()
    assert manifest.vocabulary == tuple(CATALOGUE)
    assert manifest.multi_label
    for entry in manifest.entries:
        corpus.audio(entry, sample_rate=16000, mono=True, sources=False)  # raises if they differ
        assert 1 <= len(entry.labels) <= 3


def test_the_clip_is_the_scene_and_its_sources():
    data = small(sources=True)
    batch = next(iter(data.predict_dataloader()))
    assert batch.wave.shape == (6, 4, 1, 8000)
    scene = synthetic_scene(0, 1, seconds=0.5, sources=(1, 3))
    assert np.abs(batch.wave[1, 0, 0].numpy() / 32768 - scene.mixture).max() <= 1 / 32768
    assert np.abs(batch.wave[1, 1:, 0].numpy() / 32768 - scene.sources).max() <= 1 / 32768
    assert np.abs(batch.wave[:, 0].int() - batch.wave[:, 1:].int().sum(dim=1)).max() <= 2  # half a step each
    assert batch.target[1].sum() == len(scene.labels)


def test_without_sources_there_is_the_mixture_alone():
    data = small()
    assert next(iter(data.train_dataloader())).wave.shape == (2, 1, 1, 8000)
    assert data.describe()["clips"] == {"train": 4, "val": 1, "test": 1}


def test_splits_and_seeds_differ():
    corpora = [SyntheticCorpus(2, 2, 2, data_seed=seed) for seed in (0, 1)]
    prints = {corpus.fingerprint(entry) for corpus in corpora for entry in corpus.manifest().entries}
    assert len(prints) == 6
    assert {print_.split()[0] for print_ in prints} == set("012345")


def test_a_scene_of_other_labels_than_the_manifest_says_is_refused():
    corpus = SyntheticCorpus(1, 0, 0, seconds=0.2)
    entry = replace(corpus.manifest().entries[0], labels=())
    with pytest.raises(UserError, match="scene train/000000 has the labels"):
        corpus.audio(entry, sample_rate=16000, mono=True, sources=False)


def test_the_bank_does_not_move_the_labels():
    """What `SyntheticCorpus` relies on to know labels cheaply."""
    for i in range(20):
        short = synthetic_scene(3, i, seconds=0.001, event_bank=EventBank(3, 16000, events_per_class=1))
        assert (
            short.labels
            == synthetic_scene(3, i, seconds=0.5, event_bank=EventBank(3, 16000, events_per_class=2)).labels
        )


@pytest.mark.parametrize("polyphony", [[3, 2], [0, 2], [1, 99], [2]])
def test_an_impossible_polyphony_is_refused(polyphony):
    with pytest.raises(ValueError, match="polyphony"):
        SyntheticScenes(polyphony=polyphony)
