"""Mixtures with sources and labels from any labelled set of single sounds: drawn in training, listed for judging."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader

from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import SPLITS
from lightning_sepcl.data.mixing import MixtureClips, MixtureDataset
from lightning_sepcl.data.mixture_list import Recipe, list_hash, read_list, write_list
from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus
from lightning_sepcl.errors import UserError
from lightning_sepcl.records import Batch
from lightning_sepcl.shipped import here_or_shipped

SINGLE = {"train": 600, "val": 100, "test": 200}
"""Embedded sounds where no data set is named."""


class LabelledMixtures(AudioDataModule):
    """Sums of clips of different classes, with the sources behind the mixture and the labels of all of them.

    A mixture's sources are clips of one split: what is judged was never heard in training. Every epoch draws new
    mixtures; validation and test are lists, drawn once from `data_seed`.

    Args:
        singles: a labelled corpus of single sounds, such as `ESCCorpus` or `FSD50KCorpus`; null: embedded synthetic
            ones.
        train: mixtures an epoch.
        val: mixtures for validation.
        test: mixtures for testing.
        train_listed: mixtures of training clips on a list of their own, for probes that learn from labels; a separator
            needs none.
        seconds: length of a mixture.
        polyphony: fewest and most sources.
        level_db: sources lie within ± this of a common level.
        sources: hand the isolated sources along.
        lists: folder of the lists `val.csv` and `test.csv`; those that are not there are drawn and written. Null draws
            them every time, which gives the same.
        data_seed: of the lists.
        kwargs: the other arguments of `AudioDataModule`, all but `separated`: mixtures can be separated on the device
            alone.

    Raises:
        ValueError: `polyphony` or a count that cannot be.
        UserError: `separated` names folders.

    Source: Tzinis et al. 2020, section 4.1: two sources, 3 s, 16 kHz; their clips cannot be had.
    """

    def __init__(
        self,
        singles: Corpus | None = None,
        train: int = 2000,
        val: int = 200,
        test: int = 400,
        train_listed: int = 0,
        seconds: float = 3.0,
        polyphony: list[int] = [2, 2],  # noqa: B006 - never changed; a list is what the command line can show
        level_db: float = 2.5,
        sources: bool = True,
        lists: str | None = None,
        data_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if len(polyphony) != 2 or not 1 <= polyphony[0] <= polyphony[1]:
            raise ValueError(f"polyphony={list(polyphony)} should be two numbers from 1 on, fewest and most sources")
        if min(train, val, test) < 1 or train_listed < 0:
            raise ValueError(
                "LabelledMixtures: `train`, `val` and `test` must be at least 1, `train_listed` at least 0"
            )
        if kwargs.get("separated"):
            raise UserError(
                "data.separated is nothing for LabelledMixtures, which draws its mixtures anew, so that nothing can be "
                "separated before: set model.front.separate=SeparateOnDevice"
            )
        embedded = SyntheticCorpus(**SINGLE, seconds=seconds, polyphony=(1, 1), data_seed=data_seed)
        super().__init__(singles or embedded, clip_seconds=seconds, sources=False, **kwargs)
        self.counts = {"train": train_listed, "val": val, "test": test}
        self.mixtures, self.polyphony, self.level_db = train, (polyphony[0], polyphony[1]), level_db
        self.with_sources, self.lists, self.data_seed = sources, lists, data_seed

    @property
    def multi_label(self) -> bool:
        """A mixture has the labels of all its sources."""
        return True

    @cached_property
    def listed(self) -> dict[str, tuple[Recipe, ...]]:
        """The lists by split; drawn, and written where a folder is named, when first asked for."""
        return {split: self._list(split) for split in SPLITS if self.counts[split]}

    def prepare_data(self) -> None:
        """Build the cache and the lists; Lightning lets one process do this."""
        _ = self.listed

    def describe(self) -> dict[str, Any]:
        """What the data is, for a run's record."""
        lists = {split: {"mixtures": len(found), "hash": list_hash(found)} for split, found in self.listed.items()}
        return super().describe() | {"mixtures": {"train": self.mixtures, "polyphony": list(self.polyphony), **lists}}

    def statistics_dataloader(self, clips: int = 2000) -> DataLoader[Batch]:
        """Mixtures as training draws them in its first epoch."""
        mixed = self._clips(*self.pretrain_on)
        return self._in_order(
            MixtureDataset(mixed, min(clips, self.mixtures), self.seed, sources=False, labelled=False), shared=False
        )

    def val_dataloader(self) -> list[DataLoader[Batch]]:
        """[listed training mixtures, if there are any, validation mixtures]"""
        return [self._in_order(self._dataset(split)) for split in ("train", "val") if self.counts[split]]

    def test_dataloader(self) -> list[DataLoader[Batch]]:
        """Those of validation, then the test mixtures."""
        return [*self.val_dataloader(), self._in_order(self._dataset("test"))]

    def predict_dataloader(self) -> DataLoader[Batch]:
        """The test mixtures."""
        return self._in_order(self._dataset("test"))

    def _training_set(self) -> MixtureDataset:
        told = set(self.pretrain_on) <= set(self.labels_from)
        return MixtureDataset(self._clips(*self.pretrain_on), self.mixtures, self.seed, self.with_sources, told)

    def _dataset(self, split: str) -> MixtureDataset:
        return MixtureDataset(self._clips(split), self.listed[split], 0, self.with_sources, True)

    def _clips(self, *splits: str) -> MixtureClips:
        assert self.clip_samples is not None
        return MixtureClips(
            self.cache, self.manifest, self._rows(*splits), self.clip_samples, self.fill, self.polyphony, self.level_db
        )

    def _list(self, split: str) -> tuple[Recipe, ...]:
        path = here_or_shipped(Path(self.lists) / f"{split}.csv") if self.lists else None
        if path is not None and path.is_file():
            known = {entry.key: entry.split for entry in self.manifest.entries if entry.key in self.cache.position}
            return self._of_right_size(path, read_list(path, known, split, self.counts[split]))
        clips = self._clips(split)
        seed = [self.data_seed, SPLITS.index(split)]
        recipes = tuple(
            clips.draw(np.random.default_rng([*seed, number]), f"{split}/{number:05d}")
            for number in range(self.counts[split])
        )
        if path is not None:
            write_list(path, recipes)
        return recipes

    def _of_right_size(self, path: Path, recipes: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
        most = max(len(recipe.parts) for recipe in recipes)
        if most > self.polyphony[1]:
            raise UserError(f"{path} has mixtures of {most} sources, `polyphony` allows {self.polyphony[1]}: raise it")
        return recipes
