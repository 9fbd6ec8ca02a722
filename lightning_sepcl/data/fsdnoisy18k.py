"""FSDnoisy18k: Freesound clips in 20 classes, a small part checked by hand, the larger with the labels of the web."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import place, refuse_share
from lightning_sepcl.data.listing import line_of, listed_files, refuse_repeats, refuse_unknown
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

CLASSES = (
    "Acoustic_guitar", "Bass_guitar", "Clapping", "Coin_(dropping)", "Crash_cymbal", "Dishes_and_pots_and_pans",
    "Engine", "Fart", "Fire", "Fireworks", "Glass", "Hi-hat", "Piano", "Rain", "Slam", "Squeak", "Tearing",
    "Walk_or_footsteps", "Wind", "Writing",
)  # fmt: skip
COLUMNS = {"train": ("fname", "label", "manually_verified", "noisy_small"), "test": ("fname", "label")}
SECONDS = 10.0  # ours: clips last 0.3 to 30 s, 8 s on average

Subset = Literal["all", "clean", "noisy", "noisy_small"]


class FSDnoisy18kCorpus(FileCorpus):
    """The clips that `train.csv` and `test.csv` list; a share of the training clips, drawn per class, validates.

    Args:
        root: the folder with `FSDnoisy18k.meta`; None takes `$SEPCL_DATA/FSDnoisy18k`.
        subset: training clips that are used: `clean` were checked by hand, `noisy` were not, `noisy_small` are as much
            audio of the noisy ones as there is clean.
        val_share: share of these, 0 to 1, for validation.
        split_seed: another seed draws other clips for validation.

    Source: E. Fonseca et al., Learning Sound Event Classifiers from Web Audio with Noisy Labels, 2019, whose published
    code holds out 15 % per class. Differs: which clips these are.
    """

    name = "fsdnoisy18k"
    folder, landmark = "FSDnoisy18k", "FSDnoisy18k.meta"
    layout = "FSDnoisy18k.meta/train.csv and test.csv, FSDnoisy18k.audio_train/, FSDnoisy18k.audio_test/"
    url = "https://zenodo.org/record/2529934"

    def __init__(
        self, root: str | None = None, *, subset: Subset = "all", val_share: float = 0.15, split_seed: int = 0
    ) -> None:
        super().__init__(root)
        refuse_share("val_share", val_share)
        self.subset, self.val_share, self.split_seed = subset, val_share, split_seed

    def manifest(self) -> Manifest:
        """One entry per line of `train.csv` that belongs to the subset, then one per line of `test.csv`."""
        train, test = self._lines("train"), self._lines("test")
        refuse_repeats((line["fname"], line["where"]) for line in (*train, *test))
        kept = [e for e, line in zip(self._entries("train", train), train, strict=True) if _belongs(line, self.subset)]
        val = self._drawn_per_class(kept)
        dealt = (replace(e, split="val") if e.key in val else e for e in kept)
        return Manifest((*dealt, *self._entries("test", test)), CLASSES, multi_label=False)

    def _lines(self, part: str) -> list[dict[str, str]]:
        """The part's CSV, each line with the place where it stands."""
        path = self.root / self.landmark / f"{part}.csv"
        lines = [line | {"where": line_of(path, i)} for i, line in enumerate(read_table(path, COLUMNS[part]))]
        for line in lines:
            refuse_unknown([line["label"]], CLASSES, line["where"])
        return lines

    def _entries(self, part: str, lines: Sequence[dict[str, str]]) -> list[Entry]:
        folder = f"FSDnoisy18k.audio_{part}"
        names = [line["fname"] for line in lines]
        files = listed_files(self.root / folder, names, f"{self.landmark}/{part}.csv")
        return [
            Entry(name.rpartition(".")[0] or name, f"{folder}/{file}", 0.0, None, (line["label"],), part, 0)
            for name, line, file in zip(names, lines, files, strict=True)
        ]

    def _drawn_per_class(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Keys of the clips for validation: the share of each class, what rounding leaves over goes to the next."""
        chosen: list[str] = []
        seen = 0
        for label in CLASSES:
            keys = [entry.key for entry in entries if entry.labels == (label,)]
            seen += len(keys)
            wanted = round(self.val_share * seen) - len(chosen)
            chosen += sorted(keys, key=lambda key: place(key, self.split_seed))[:wanted]
        return frozenset(chosen)


def _belongs(line: dict[str, str], subset: Subset) -> bool:
    for column in ("manually_verified", "noisy_small"):
        if line[column] not in ("0", "1"):
            raise UserError(f"{line['where']}: {column} is {line[column]!r}, should be 0 or 1")
    clean = line["manually_verified"] == "1"
    return {"all": True, "clean": clean, "noisy": not clean, "noisy_small": line["noisy_small"] == "1"}[subset]


class FSDnoisy18k(AudioDataModule):
    """FSDnoisy18k for training and evaluation: 20 classes, training labels partly wrong.

    Args:
        root: the folder with `FSDnoisy18k.meta`; None takes `$SEPCL_DATA/FSDnoisy18k`.
        subset: training clips that are used: `clean` were checked by hand, `noisy` were not, `noisy_small` are as much
            audio of the noisy ones as there is clean.
        val_share: share of these, 0 to 1 and drawn per class, for validation.
        split_seed: another seed draws other clips for validation.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        subset: Subset = "all",
        val_share: float = 0.15,
        split_seed: int = 0,
        clip_seconds: float | None = SECONDS,
        **kwargs: Any,
    ) -> None:
        corpus = FSDnoisy18kCorpus(root, subset=subset, val_share=val_share, split_seed=split_seed)
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
