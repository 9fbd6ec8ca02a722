"""FUSS, the Free Universal Sound Separation set: mixtures of one to four arbitrary sounds, 10 s each, 16 kHz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning_sepcl.data.corpus import tell_unlisted
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.mixture_corpus import MixtureCorpus
from lightning_sepcl.errors import UserError

LISTS = {"train": "train", "validation": "val", "eval": "test"}
"""Name of a part on disk -> split."""
DRY, REVERBERANT = "ssdata", "ssdata_reverb"
SECONDS = 10.0


class FUSSCorpus(MixtureCorpus):
    """The mixtures that `train_`, `validation_` and `eval_example_list.txt` name, without labels.

    A line holds the mixture and its sources, divided by tabs: a background first, then up to three foregrounds.

    Args:
        root: the folder with `ssdata` and `ssdata_reverb`, or one of these; None takes `$SEPCL_DATA/FUSS`.
        reverb: the mixtures in simulated rooms instead of the dry ones.

    Source: S. Wisdom et al., What's all the FUSS about free universal sound separation data?, ICASSP 2021.
    """

    landmark = "train_example_list.txt"
    layout = "{train,validation,eval}_example_list.txt and the files they name"
    url = "https://zenodo.org/records/3743844"

    def __init__(self, root: str | None = None, *, reverb: bool = False) -> None:
        super().__init__(root)
        self.part = REVERBERANT if reverb else DRY
        self.name = "fuss_reverb" if reverb else "fuss"
        self.folder = f"FUSS/{self.part}"  # type: ignore[misc]  # the two versions lie side by side

    def manifest(self) -> Manifest:
        """One entry per line, part by part."""
        entries: list[Entry] = []
        for part, split in LISTS.items():
            path = self.root / f"{part}_example_list.txt"
            lines = _lines(path)
            listed = [Path(file).relative_to(part).as_posix() for line in lines for file in line]
            tell_unlisted(self.root / part, listed, path.name)
            entries += [_entry(line, split) for line in lines]
        return Manifest(tuple(entries), (), multi_label=False)

    def _places(self) -> list[Path]:
        """The folder of the other version has the same lists in it, so it is never taken for this one."""
        other = DRY if self.part == REVERBERANT else REVERBERANT
        return [place for place in super()._places() if place.name != other]


def _lines(path: Path) -> list[list[str]]:
    """Mixture and sources of every example.

    Raises:
        UserError: no such file, nothing in it, or a line that names no source or a file outside the list's part.
    """
    if not path.is_file():
        raise UserError(f"no list {path}: unpack the whole of FUSS again, the three lists belong to it")
    part = path.name.removesuffix("_example_list.txt")
    rows = [
        line.split("\t") for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
    ]
    for number, row in enumerate(rows, start=1):
        if len(row) < 2:
            raise UserError(f"{path}, line {number}: expected a mixture and its sources, divided by tabs")
        odd = [file for file in row if Path(file).parts[:1] != (part,)]
        if odd:
            raise UserError(f"{path}, line {number}: {odd[0]!r} is no file in {part}/")
    if not rows:
        raise UserError(f"{path} is empty")
    return rows


def _entry(line: list[str], split: str) -> Entry:
    mixture, *sources = line
    return Entry(mixture.removesuffix(".wav"), mixture, 0.0, None, (), split, 0, tuple(sources))


class FUSS(AudioDataModule):
    """FUSS for training and judging separators: batches hold the mixture, then its sources; absent ones are silent.

    Args:
        root: the folder with `ssdata` and `ssdata_reverb`, or one of these; None takes `$SEPCL_DATA/FUSS`.
        reverb: the mixtures in simulated rooms instead of the dry ones.
        clip_seconds: as in `AudioDataModule`.
        sources: hand the isolated sources along; they are then checked to add up to the mixture.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        reverb: bool = False,
        clip_seconds: float | None = SECONDS,
        sources: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(FUSSCorpus(root, reverb=reverb), clip_seconds=clip_seconds, sources=sources, **kwargs)
