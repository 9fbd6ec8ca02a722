"""The data module that does the work for every corpus: builds the cache, hands out batches, continues a stopped run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from lightning_sepcl.data.cache import open_cache
from lightning_sepcl.data.cache_format import CacheSettings
from lightning_sepcl.data.cache_writer import refuse_skipped
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.dataset import ClipDataset, Window, as_is
from lightning_sepcl.data.dealing import refuse_share
from lightning_sepcl.data.label_fraction import refuse_fraction, telling
from lightning_sepcl.data.manifest import SPLITS, Entry, Manifest, closest
from lightning_sepcl.data.mixing import MixtureDataset
from lightning_sepcl.data.sampler import EpochSampler, ResumableLoader, position_of
from lightning_sepcl.data.separated import SeparatedClips
from lightning_sepcl.data.shard_order import ShardOrder
from lightning_sepcl.data.shard_place import shard_place
from lightning_sepcl.data.shard_reader import ShardReader
from lightning_sepcl.data.share import Share
from lightning_sepcl.errors import UserError
from lightning_sepcl.records import Batch

STANDARDISED_BY = 2000
"""Clips that are enough for statistics of features and embeddings."""


class AudioDataModule(pl.LightningDataModule):
    """Batches of clips from any corpus, out of a packed cache or out of tar shards.

    The training loader gives random windows of random clips of the splits in `pretrain_on`, whole batches only. All
    other loaders give every clip once, in order, from its beginning: validation a list [train, val], test a list
    [train, val, test], predict all clips. Of several processes each is given its share of all of these (`Share`); use
    `Trainer(use_distributed_sampler=False)`.

    Args:
        corpus: where the clips come from.
        cache_dir: folder for caches; None is `$SEPCL_CACHE`, else `~/.cache/lightning_sepcl`.
        sample_rate: Hz; clips of other rates are resampled once, into the cache.
        mono: mix channels down; else all clips must have equally many.
        clip_seconds: length of the clips in a batch; None hands out whole clips, padded with zeros to the longest of
            the batch.
        fill: what clips shorter than `clip_seconds` are filled up with: `repeat` themselves, or `zero`.
        cut_silence_db: cut frames below this level, in dB relative to full scale, out of the clips; None cuts none.
        sources: hand isolated sources along, behind the recording, if the corpus has them.
        batch_size: clips in a training batch.
        eval_batch_size: clips in a batch of the other loaders.
        num_workers: processes that load batches; changes no result.
        max_skipped: share of the clips, 0 to 1, that may be unreadable and are then left out.
        seed: of the order of the training clips and of their windows.
        pretrain_on: splits whose clips are trained on.
        labels_from: splits whose labels training is told; the others' clips come without.
        label_fraction: share of these labels that training is told, above 0 to 1; which ones depends on `seed`.
        label_stratified: draw that share of each class, one clip at least, instead of all clips alike.
        unlabelled: what happens to the clips of `pretrain_on` whose labels are not told: `keep` them among the others,
            or `drop` them, as supervised training may; a batch then holds no more clips than are left.
        separated: folders that `sepcl separate-dataset` wrote from these data, one per processor; training clips then
            come with their channels as further sources, processor by processor.
        shards: folder or URL of tar shards that `sepcl data shard` wrote from these data; they take the place of the
            corpus's own files and of the cache.
        mixed_shards: how many shards' clips are mixed with each other in training; if there are no more training shards
            than that, clips come in the order of the cache.
    """

    def __init__(
        self,
        corpus: Corpus,
        cache_dir: str | None = None,
        sample_rate: int = 16000,
        mono: bool = True,
        clip_seconds: float | None = None,
        fill: Literal["repeat", "zero"] = "repeat",
        cut_silence_db: float | None = None,
        sources: bool = False,
        batch_size: int = 64,
        eval_batch_size: int = 64,
        num_workers: int = 0,
        max_skipped: float = 0.0,
        seed: int = 0,
        pretrain_on: list[str] = ["train"],  # noqa: B006 - never changed; a list is what the command line can show
        labels_from: list[str] = ["train"],  # noqa: B006 - as above
        label_fraction: float = 1.0,
        label_stratified: bool = False,
        unlabelled: Literal["keep", "drop"] = "keep",
        separated: list[str] | None = None,
        shards: str | None = None,
        mixed_shards: int = 16,
    ) -> None:
        super().__init__()
        for name, splits in (("pretrain_on", pretrain_on), ("labels_from", labels_from)):
            for split in splits:
                if split not in SPLITS:
                    raise ValueError(f"{name} names the split {split!r}; {closest(split, SPLITS)}")
        least = {
            "sample_rate": (sample_rate, 1),
            "batch_size": (batch_size, 1),
            "eval_batch_size": (eval_batch_size, 1),
            "mixed_shards": (mixed_shards, 1),
        }
        for name, (value, smallest) in (least | {"num_workers": (num_workers, 0)}).items():
            if value < smallest:
                raise ValueError(f"{name}={value} should be at least {smallest}")
        refuse_share("max_skipped", max_skipped)
        if clip_seconds is not None and round(clip_seconds * sample_rate) < 1:
            raise ValueError(f"clip_seconds={clip_seconds} is less than one sample at {sample_rate} Hz")
        refuse_fraction(label_fraction)
        self.corpus, self.cache_dir, self.sample_rate = corpus, cache_dir, sample_rate
        self.clip_samples = None if clip_seconds is None else round(clip_seconds * sample_rate)
        self.fill: Literal["repeat", "zero"] = fill
        self.settings = CacheSettings(sample_rate, mono, cut_silence_db, sources)
        self.batch_size, self.eval_batch_size, self.num_workers = batch_size, eval_batch_size, num_workers
        self.max_skipped, self.seed, self.pretrain_on = max_skipped, seed, tuple(pretrain_on)
        self.labels_from, self.separated_folders = tuple(labels_from), tuple(separated or ())
        self.label_fraction, self.label_stratified, self.unlabelled = label_fraction, label_stratified, unlabelled
        self.shards, self.mixed_shards = shards, mixed_shards

    @cached_property
    def manifest(self) -> Manifest:
        """All clips and labels; read from the corpus, or from the shards, when first asked for."""
        return self.shard_reader.manifest if self.shards else self.corpus.manifest()

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of `Batch.target`'s columns; empty where the corpus has no labels."""
        return self.manifest.vocabulary

    @property
    def num_classes(self) -> int:
        """How many columns `Batch.target` has."""
        return len(self.class_names)

    @property
    def multi_label(self) -> bool:
        """Whether a clip may have several labels at once."""
        return self.manifest.multi_label

    @cached_property
    def shard_reader(self) -> ShardReader:
        """The shards that `shards` names, opened when first asked for.

        Raises:
            UserError: they are not there, damaged, or of other data or settings than this module's.
        """
        assert self.shards is not None
        reader = ShardReader(shard_place(self.shards, self.cache_dir))
        reader.refuse_other(self.corpus, self.settings)
        refuse_skipped(reader.skipped, len(reader.manifest), self.max_skipped, self.corpus.name)
        return reader

    @cached_property
    def cache(self) -> ClipReader:
        """The clips: a packed cache, built when first asked for, or shards."""
        if self.shards:
            return self.shard_reader
        return open_cache(
            self.corpus, self.manifest, self.settings, cache_dir=self.cache_dir, max_skipped=self.max_skipped
        )

    @cached_property
    def separated(self) -> tuple[SeparatedClips, ...]:
        """The channels of the clips, by processor; opened when first asked for."""
        return tuple(SeparatedClips(folder, self.cache) for folder in self.separated_folders)

    def prepare_data(self) -> None:
        """Build the cache; Lightning lets one process do this."""
        _ = self.cache

    def setup(self, stage: str | None = None) -> None:
        """Open the cache; a process on a machine without it builds it there."""
        _ = self.cache

    def describe(self) -> dict[str, Any]:
        """What the data is, for a run's record: nothing in it depends on where the files lie.

        `missing` and `missing_list` (a hash of the names) are there if the data set lists clips that are absent.
        """
        entries = self.manifest.entries
        silent = sum(row.peak == 0 for row in self.cache.rows)
        return {
            "name": self.cache.meta["corpus"],
            "manifest": self.manifest.hash,
            "clips": {split: count for split in SPLITS if (count := Counter(e.split for e in entries)[split])},
            "classes": self.num_classes,
            "hours": round(self.cache.seconds / 3600, 4),
            "skipped": len(self.cache.skipped),
            "silent": silent,
            "sample_rate": self.sample_rate,
            **({"separators": [clips.separator for clips in self.separated]} if self.separated else {}),
            **(self.shard_reader.index.missing if self.shards else missing(self.corpus.absent())),
        }

    def train_dataloader(self) -> DataLoader[Batch]:
        """Training batches, from where the trainer stands.

        Raises:
            UserError: fewer clips than one batch per process.
        """
        dataset = self._training_set()
        rank, world = _place(self.trainer)
        batch_size = self.batch_size
        if self.unlabelled == "drop":
            batch_size = max(1, min(batch_size, len(dataset) // world))
        batches = len(dataset) // world // batch_size
        if len(dataset) == 0:
            raise UserError(
                f"{self.corpus.name} has no clips in {' and '.join(self.pretrain_on)}, which pretrain_on names: choose "
                f"other splits; there are {_counted(self.manifest.entries)}"
            )
        if batches == 0:
            raise UserError(
                f"{self.corpus.name} has {len(dataset)} training clip(s), less than one batch of {batch_size} "
                f"for each of {world} process(es): set --data.batch_size {max(1, len(dataset) // world)} or less"
            )
        sampler = EpochSampler(
            len(dataset),
            self.seed,
            batch_size,
            rank=rank,
            world=world,
            position=partial(position_of, self.trainer, batches) if self.trainer else None,
            order=self._shard_order(dataset),
        )
        return self._loader(
            ResumableLoader,
            dataset,
            batch_size=batch_size,
            sampler=sampler,
            drop_last=True,
            persistent_workers=self.num_workers > 0,
        )

    def statistics_dataloader(self, clips: int = STANDARDISED_BY) -> DataLoader[Batch]:
        """Some of the training clips, from their beginning, drawn with the run's seed: for statistics of features."""
        return self._whole_clips(self._some_of(self._training_rows(), clips), shared=False)

    def val_dataloader(self) -> list[DataLoader[Batch]]:
        """[labelled training clips, validation clips]; where no clip has a label, some of the training clips."""
        return [self._whole_clips(rows) for rows in (self._rows_to_learn_from(), self._rows("val"))]

    def test_dataloader(self) -> list[DataLoader[Batch]]:
        """[training, validation, test clips], chosen as for validation."""
        return [*self.val_dataloader(), self._whole_clips(self._rows("test"))]

    def predict_dataloader(self) -> DataLoader[Batch]:
        """All clips, in the manifest's order."""
        return self._whole_clips(self._rows(*SPLITS))

    def _training_set(self) -> ClipDataset | MixtureDataset:
        rows = self._training_rows()
        told = [self.manifest.entries[i].key in self._telling for i in rows]
        window = Window(self.clip_samples, self.fill, self.seed)
        return ClipDataset(self.cache, self.manifest, rows, window, told, self.separated)

    def _shard_order(self, dataset: ClipDataset | MixtureDataset) -> ShardOrder | None:
        """Keeps what is read together near together; mixtures draw their clips from everywhere."""
        if not self.shards or isinstance(dataset, MixtureDataset):
            return None
        reader = self.shard_reader
        return ShardOrder(reader.shards_of(dataset.numbers), self.mixed_shards, reader.ahead)

    def _training_rows(self) -> list[int]:
        """The clips that are trained on."""
        rows = self._rows(*self.pretrain_on)
        if self.unlabelled == "keep":
            return rows
        return [i for i in rows if self.manifest.entries[i].key in self._telling]

    @cached_property
    def _telling(self) -> frozenset[str]:
        """Keys of the clips whose labels training is told."""
        entries = [
            e for e in (self.manifest.entries[i] for i in self._rows(*self.pretrain_on)) if e.split in self.labels_from
        ]
        if self.label_fraction == 1:
            return frozenset(e.key for e in entries if e.labels)
        return telling(entries, self.label_fraction, self.label_stratified, self.seed)

    def _rows(self, *splits: str) -> list[int]:
        """Manifest rows of these splits, without the clips that could not be read."""
        readable = self.cache.position
        return [i for i, e in enumerate(self.manifest.entries) if e.split in splits and e.key in readable]

    def _rows_to_learn_from(self) -> list[int]:
        """Labelled training clips; where there are none, enough to standardise by."""
        rows = self._rows("train")
        return [i for i in rows if self.manifest.entries[i].labels] or self._some_of(rows, STANDARDISED_BY)

    def _some_of(self, rows: Sequence[int], count: int) -> list[int]:
        some = np.random.default_rng(self.seed).permutation(len(rows))[:count]
        return [rows[i] for i in sorted(some)]

    def _whole_clips(self, rows: Sequence[int], shared: bool = True) -> DataLoader[Batch]:
        dataset = ClipDataset(self.cache, self.manifest, rows, Window(self.clip_samples, self.fill, None))
        return self._in_order(dataset, shared)

    def _in_order(self, dataset: ClipDataset | MixtureDataset, shared: bool = True) -> DataLoader[Batch]:
        """Batches from first to last; with `shared` this process's share of them, where there are several."""
        rank, world = _place(self.trainer) if shared else (0, 1)
        share = (
            Share(len(dataset), self.eval_batch_size, rank=rank, world=world) if world > 1 and len(dataset) else None
        )
        return self._loader(DataLoader, dataset, batch_size=self.eval_batch_size, sampler=share)

    def _loader(self, loader: type[DataLoader[Batch]], dataset: Dataset[Batch], **kwargs: Any) -> DataLoader[Batch]:
        return loader(
            dataset,
            collate_fn=as_is,
            num_workers=self.num_workers,
            pin_memory=torch.cuda.is_available(),
            **kwargs,
        )


def _counted(entries: Sequence[Entry]) -> str:
    counts = Counter(entry.split for entry in entries)
    return ", ".join(f"{counts[split]} in {split}" for split in SPLITS)


def missing(absent: Sequence[str]) -> dict[str, Any]:
    """How many clips a data set lists and does not have, and a hash of their names; empty if it has all."""
    if not absent:
        return {}
    names = "\n".join(sorted(absent))
    return {"missing": len(absent), "missing_list": hashlib.sha256(names.encode()).hexdigest()[:12]}


def _place(trainer: pl.Trainer | None) -> tuple[int, int]:
    """This process's number, and how many there are."""
    if trainer is None or trainer.world_size == 1:
        return 0, 1
    if trainer._accelerator_connector.use_distributed_sampler:
        raise UserError(
            "several processes work together: set trainer.use_distributed_sampler=false, since the data module deals "
            "the clips out itself and could neither resume nor judge exactly otherwise"
        )
    return trainer.global_rank, trainer.world_size
