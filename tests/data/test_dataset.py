from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from lightning_sepcl.data.cache import open_cache
from lightning_sepcl.data.cache_format import CacheSettings
from lightning_sepcl.data.dataset import ClipDataset, Window
from lightning_sepcl.records import Batch
from tests.fakes.noise_corpus import NoiseCorpus


def dataset(rows=range(10), window=None, labelled=None, **corpus):
    made = NoiseCorpus(**corpus)
    manifest = made.manifest()
    cache = open_cache(made, manifest, CacheSettings(sources=True), max_skipped=0.5, workers=1)
    return ClipDataset(cache, manifest, list(rows), window or Window(None, "zero", None), labelled)


def test_whole_clips_are_padded_with_zeros():
    clips = dataset()
    batch = clips.__getitems__([2, 9, 0])
    assert isinstance(batch, Batch)
    assert batch.wave.dtype == torch.int16
    assert batch.wave.shape == (3, 3, 1, 109)
    assert batch.length.tolist() == [102, 109, 100]
    for i, number in enumerate((2, 9, 0)):
        own = clips.cache.clip(number)
        assert np.array_equal(batch.wave[i, :, :, : 100 + number], own)
        assert not batch.wave[i, :, :, 100 + number :].any()


def test_targets_keys_and_rows():
    batch = dataset(rows=[7, 4]).__getitems__([1, 0])
    assert batch.keys == ("clip004", "clip007")
    assert batch.index.tolist() == [4, 7]
    assert batch.target.tolist() == [[1, 0], [0, 1]]
    assert batch.labelled.all()


def test_labels_that_may_not_be_told_are_not():
    batch = dataset(rows=[0, 1], labelled=[True, False]).__getitems__([0, 1])
    assert batch.labelled.tolist() == [True, False]
    assert batch.target.tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("samples", [101, 150, 1000])
def test_short_clips_are_repeated(samples):
    clips = dataset(window=Window(samples, "repeat", None))
    batch = clips.__getitems__([1])
    assert batch.wave.shape[-1] == samples
    assert batch.length.tolist() == [samples]
    own = np.array(clips.cache.clip(1))
    assert np.array_equal(batch.wave[0], np.tile(own, 10)[:, :, :samples])


def test_short_clips_are_filled_with_zeros():
    batch = dataset(window=Window(150, "zero", None)).__getitems__([1, 5])
    assert batch.length.tolist() == [101, 105]
    assert not batch.wave[0, :, :, 101:].any()


def test_evaluation_takes_the_beginning():
    clips = dataset(window=Window(50, "repeat", None))
    assert np.array_equal(clips[3].wave[0], clips.cache.clip(3)[:, :, :50])


def starts(clips, epoch):
    """Where each window begins in its clip."""
    batch = clips.__getitems__([(epoch, i) for i in range(len(clips))])
    whole = [np.array(clips.cache.clip(i)) for i in range(len(clips))]
    found = []
    for row, clip in zip(batch.wave.numpy(), whole, strict=True):
        hits = [s for s in range(clip.shape[2] - 49) if np.array_equal(clip[:, :, s : s + 50], row)]
        assert len(hits) == 1
        found += hits
    return found


def test_training_windows_follow_from_seed_epoch_and_clip_alone():
    clips = dataset(window=Window(50, "repeat", 0))
    first = starts(clips, 0)
    assert len(set(first)) > 4
    assert starts(clips, 0) == first
    assert starts(clips, 1) != first
    assert starts(dataset(window=Window(50, "repeat", 1)), 0) != first
    alone = dataset(rows=[4, 6], window=Window(50, "repeat", 0)).__getitems__([(0, 1)])
    assert torch.equal(alone.wave, clips.__getitems__([(0, 6)]).wave)


def test_the_last_window_is_reached():
    clips = dataset(rows=[0], clips=1, window=Window(98, "repeat", 0))
    drawn = {clips.__getitems__([(epoch, 0)]).wave.numpy().tobytes() for epoch in range(60)}
    assert len(drawn) == 3  # 100 samples hold three windows of 98


def test_clips_that_could_not_be_read_are_no_trouble():
    clips = dataset(rows=[0, 1, 3, 4], unreadable=(2,))
    assert np.array_equal(clips[2].wave[0], clips.cache.clip(2))
    assert clips.keys[2] == "clip003"


def test_other_numbers_of_sources_are_padded():
    class Growing(NoiseCorpus):
        def audio(self, entry, *, sample_rate, mono, sources):
            return np.full((1 + int(entry.key[-1]), 1, 40), 0.5, np.float32)

    corpus = Growing(clips=3)
    cache = open_cache(corpus, corpus.manifest(), CacheSettings(sources=True), workers=1)
    batch = ClipDataset(cache, corpus.manifest(), [0, 1, 2], Window(40, "zero", None)).__getitems__([0, 2])
    assert batch.wave.shape == (2, 3, 1, 40)
    assert batch.wave.any(dim=-1).squeeze().tolist() == [[True, False, False], [True, True, True]]


def test_one_sample_fills_a_clip():
    class Click(NoiseCorpus):
        def audio(self, entry, *, sample_rate, mono, sources):
            return np.full((1, 1, 1), 0.25, np.float32)

    corpus = Click(clips=1)
    cache = open_cache(corpus, corpus.manifest(), CacheSettings(), workers=1)
    batch = ClipDataset(cache, corpus.manifest(), [0], Window(800, "repeat", 0))[0]
    assert (batch.wave == 8192).all()


def test_it_can_be_sent_to_a_process():
    clips = dataset()
    first = clips[0]
    assert torch.equal(pickle.loads(pickle.dumps(clips))[0].wave, first.wave)
