"""ESC-50, environmental sounds in 50 classes and five folds, and its subset ESC-10."""

from __future__ import annotations

from typing import Any

from lightning_sepcl.data.corpus import FileCorpus, tell_unlisted
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file")
SECONDS = 5.0


class ESCCorpus(FileCorpus):
    """The clips that `meta/esc50.csv` lists; its folds keep clips from one recording together.

    Args:
        root: the folder with `audio` and `meta`; None takes `$SEPCL_DATA/ESC-50`.
        test_fold: fold that is the test part.
        val_fold: fold that is the validation part; all others are for training.
        esc10: only the ten classes of ESC-10.

    Source: K. J. Piczak, ESC: Dataset for Environmental Sound Classification, 2015.
    """

    folder, landmark = "ESC-50", "meta/esc50.csv"
    layout = "meta/esc50.csv and the files it names in audio/"
    url = "https://github.com/karolpiczak/ESC-50"

    def __init__(self, root: str | None = None, *, test_fold: int = 5, val_fold: int = 1, esc10: bool = False) -> None:
        super().__init__(root)
        self.test_fold, self.val_fold, self.esc10 = test_fold, val_fold, esc10
        self.name = "esc10" if esc10 else "esc50"

    def manifest(self) -> Manifest:
        """One entry per line; classes in the order of their published numbers."""
        csv_path = self.root / self.landmark
        lines = read_table(csv_path, COLUMNS)
        tell_unlisted(self.root / "audio", (line["filename"] for line in lines), self.landmark)
        kept = [line for line in lines if not self.esc10 or line["esc10"].lower() == "true"]
        try:
            numbers = {line["category"]: int(line["target"]) for line in kept}
            entries = tuple(self._entry(line) for line in kept)
        except ValueError as error:
            raise UserError(f"{csv_path}: fold and target should be whole numbers ({error})") from error
        self._refuse_other_folds({entry.fold for entry in entries})
        return Manifest(entries, tuple(sorted(numbers, key=numbers.__getitem__)), multi_label=False)

    def _entry(self, line: dict[str, str]) -> Entry:
        name, fold = line["filename"], int(line["fold"])
        split = "test" if fold == self.test_fold else "val" if fold == self.val_fold else "train"
        key = name.rpartition(".")[0] or name
        return Entry(key, f"audio/{name}", 0.0, None, (line["category"],), split, fold, group=line["src_file"])

    def _refuse_other_folds(self, folds: set[int]) -> None:
        if self.test_fold == self.val_fold:
            raise UserError(f"test_fold and val_fold are both {self.test_fold}: choose two different folds")
        for name, fold in (("test_fold", self.test_fold), ("val_fold", self.val_fold)):
            if fold not in folds:
                raise UserError(f"{name}={fold}, but {self.root} has the folds {', '.join(map(str, sorted(folds)))}")


class ESC50(AudioDataModule):
    """ESC-50 for training and evaluation: 50 classes, clips of 5 s.

    Args:
        root: the folder with `audio` and `meta`; None takes `$SEPCL_DATA/ESC-50`.
        test_fold: fold that is the test part.
        val_fold: fold that is the validation part; all others are for training.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        test_fold: int = 5,
        val_fold: int = 1,
        clip_seconds: float | None = SECONDS,
        **kwargs: Any,
    ) -> None:
        corpus = ESCCorpus(root, test_fold=test_fold, val_fold=val_fold)
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)


class ESC10(AudioDataModule):
    """ESC-10, the ten classes of ESC-50 that are easiest to tell apart.

    Args:
        root: the folder of ESC-50; None takes `$SEPCL_DATA/ESC-50`.
        test_fold: fold that is the test part.
        val_fold: fold that is the validation part; all others are for training.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        test_fold: int = 5,
        val_fold: int = 1,
        clip_seconds: float | None = SECONDS,
        **kwargs: Any,
    ) -> None:
        corpus = ESCCorpus(root, test_fold=test_fold, val_fold=val_fold, esc10=True)
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
