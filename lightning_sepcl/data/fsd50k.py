"""FSD50K: Freesound clips with several of 200 classes each, labelled by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.fsd50k_classes import CLASSES
from lightning_sepcl.data.listing import line_of, listed_files, refuse_repeats, refuse_unknown
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

COLUMNS = {"dev": ("fname", "labels", "mids", "split"), "eval": ("fname", "labels", "mids")}
SECONDS = 10.0  # ours: clips last 0.3 to 30 s, 8 s on average


class FSD50KCorpus(FileCorpus):
    """The clips that `dev.csv` lists, with its split into training and validation, and those of `eval.csv` for testing.

    The classes are always the 200 of the published vocabulary, so that a part of the data set has the same columns.

    Args:
        root: the folder with `FSD50K.ground_truth`; None takes `$SEPCL_DATA/FSD50K`.

    Source: E. Fonseca et al., FSD50K: an Open Dataset of Human-Labeled Sound Events, 2020.
    """

    name = "fsd50k"
    folder, landmark = "FSD50K", "FSD50K.ground_truth"
    layout = "FSD50K.ground_truth/dev.csv and eval.csv, FSD50K.dev_audio/, FSD50K.eval_audio/"
    url = "https://zenodo.org/record/4060432"

    def manifest(self) -> Manifest:
        """One entry per line of `dev.csv`, then one per line of `eval.csv`."""
        dev, test = self._lines("dev"), self._lines("eval")
        refuse_repeats((line["fname"], line["where"]) for line in (*dev, *test))
        return Manifest((*self._entries("dev", dev), *self._entries("eval", test)), CLASSES, multi_label=True)

    def _lines(self, part: str) -> list[dict[str, str]]:
        """The part's CSV, each line with the place where it stands."""
        path = self.root / self.landmark / f"{part}.csv"
        return [line | {"where": line_of(path, i)} for i, line in enumerate(read_table(path, COLUMNS[part]))]

    def _entries(self, part: str, lines: Sequence[dict[str, str]]) -> list[Entry]:
        folder = f"FSD50K.{part}_audio"
        names = [line["fname"] for line in lines]
        files = listed_files(self.root / folder, names, f"{self.landmark}/{part}.csv")
        return [_entry(line, f"{folder}/{file}") for line, file in zip(lines, files, strict=True)]


def _entry(line: dict[str, str], path: str) -> Entry:
    labels = tuple(label for label in line["labels"].split(",") if label)
    refuse_unknown(labels, CLASSES, line["where"])
    split = line.get("split", "test")
    if split not in ("train", "val", "test"):
        raise UserError(f"{line['where']}: split is {split!r}, should be train or val")
    return Entry(line["fname"], path, 0.0, None, labels, split, 0)


class FSD50K(AudioDataModule):
    """FSD50K for training and evaluation: 200 classes, several per clip.

    Args:
        root: the folder with `FSD50K.ground_truth`; None takes `$SEPCL_DATA/FSD50K`.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(self, root: str | None = None, clip_seconds: float | None = SECONDS, **kwargs: Any) -> None:
        super().__init__(FSD50KCorpus(root), clip_seconds=clip_seconds, **kwargs)
