"""Data modules over clips that make themselves up, from the cache and from shards."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.shard_format import ShardIndex
from lightning_sepcl.data.shard_writer import ShardJob, write_shards
from tests.fakes.noise_corpus import NoiseCorpus


def noise_data(clips: int = 40, *, shards: Path | str | None = None, corpus=None, **settings) -> AudioDataModule:
    """Batches of 4 windows of 80 samples of made-up clips."""
    settings = {"batch_size": 4, "clip_seconds": 0.005, "eval_batch_size": 7, **settings}
    return AudioDataModule(
        corpus or NoiseCorpus(clips=clips), shards=None if shards is None else str(shards), **settings
    )


def write(folder: Path, data: AudioDataModule | None = None, **how) -> ShardIndex:
    """The data module's clips as shards of 5."""
    data = data or noise_data()
    how = {"clips_per_shard": 5, "workers": 1, "max_skipped": data.max_skipped, **how}
    return write_shards(ShardJob(folder, data.corpus, data.corpus.manifest(), data.settings, **how))
