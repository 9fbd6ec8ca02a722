"""Libri2Mix: two people of LibriSpeech speaking at once, with or without noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.data.corpus import tell_unlisted
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.mixture_corpus import MixtureCorpus
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

Training = Literal["train-100", "train-360"]
Mixture = Literal["mix_clean", "mix_both", "mix_single"]
Mode = Literal["min", "max"]
SOURCES: dict[str, tuple[str, ...]] = {
    "mix_clean": ("s1", "s2"),
    "mix_both": ("s1", "s2", "noise"),
    "mix_single": ("s1", "noise"),
}
"""What each kind of mixture is the sum of."""
NARROW_BAND = 8000


class Libri2MixCorpus(MixtureCorpus):
    """The mixtures that the CSVs in `metadata` name, without labels; nobody speaks in two splits.

    Files are looked for in this folder whatever paths the CSVs hold, which are those of the machine that mixed them.

    Args:
        root: the folder with `wav16k` or `wav8k`; None takes `$SEPCL_DATA/Libri2Mix`.
        train: parts to train on.
        mixture: `mix_clean` two voices, `mix_both` two voices and noise, `mix_single` one voice and noise.
        mode: `min` mixtures end with the shorter voice, `max` with the longer one.
        sample_rate: Hz; up to 8000 takes `wav8k`, more takes `wav16k`.

    Source: J. Cosentino et al., LibriMix: An Open-Source Dataset for Generalizable Speech Separation, 2020.
    """

    name = "libri2mix"
    folder = "Libri2Mix"
    url = "https://github.com/JorisCos/LibriMix, whose script mixes it"

    def __init__(
        self,
        root: str | None = None,
        *,
        train: Sequence[Training] = ("train-100",),
        mixture: Mixture = "mix_clean",
        mode: Mode = "min",
        sample_rate: int = 16000,
    ) -> None:
        super().__init__(root)
        self.train, self.mixture = tuple(train), mixture
        self.version = f"{'wav8k' if sample_rate <= NARROW_BAND else 'wav16k'}/{mode}"
        self.landmark = f"{self.version}/metadata"  # type: ignore[misc]  # rates and modes lie side by side
        self.layout = (  # type: ignore[misc]
            f"{self.version} with metadata/mixture_<part>_{mixture}.csv and <part>/{{{','.join(self._kinds)}}}/*.wav"
        )

    @property
    def _kinds(self) -> tuple[str, ...]:
        return (self.mixture, *SOURCES[self.mixture])

    def manifest(self) -> Manifest:
        """One entry per line, part by part."""
        if not self.train:
            raise UserError("libri2mix: train names no part; choose train-100, train-360 or both")
        parts = [(part, "train") for part in self.train] + [("dev", "val"), ("test", "test")]
        return Manifest(tuple(e for part, split in parts for e in self._part(part, split)), (), multi_label=False)

    def _part(self, part: str, split: str) -> list[Entry]:
        table = self.root / self.landmark / f"mixture_{part}_{self.mixture}.csv"
        names = [f"{line['mixture_ID']}.wav" for line in read_table(table, ("mixture_ID",))]
        folder = f"{self.version}/{part}"
        if not (self.root / folder / self.mixture).is_dir():
            raise UserError(f"no folder {self.root / folder / self.mixture}: mix the part {part}, or leave it out")
        tell_unlisted(self.root / folder / self.mixture, names, table.name)
        return [
            Entry(
                key=f"{part}/{Path(name).stem}",
                path=f"{folder}/{self.mixture}/{name}",
                start_seconds=0.0,
                duration_seconds=None,
                labels=(),
                split=split,
                fold=0,
                sources=tuple(f"{folder}/{kind}/{name}" for kind in SOURCES[self.mixture]),
            )
            for name in names
        ]


class Libri2Mix(AudioDataModule):
    """Libri2Mix for training and judging separators: batches hold the mixture, then its sources.

    Args:
        root: the folder with `wav16k` or `wav8k`; None takes `$SEPCL_DATA/Libri2Mix`.
        train: parts to train on: `train-100`, `train-360` or both.
        mixture: `mix_clean` two voices, `mix_both` two voices and noise, `mix_single` one voice and noise.
        mode: `min` mixtures end with the shorter voice, `max` with the longer one.
        sample_rate: Hz; up to 8000 takes `wav8k`, more takes `wav16k`.
        clip_seconds: as in `AudioDataModule`.
        sources: hand the isolated sources along; they are then checked to add up to the mixture.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        train: list[Training] = ["train-100"],  # noqa: B006 - never changed; a list is what the command line can show
        mixture: Mixture = "mix_clean",
        mode: Mode = "min",
        sample_rate: int = 16000,
        clip_seconds: float | None = 3.0,
        sources: bool = True,
        **kwargs: Any,
    ) -> None:
        corpus = Libri2MixCorpus(root, train=train, mixture=mixture, mode=mode, sample_rate=sample_rate)
        super().__init__(corpus, sample_rate=sample_rate, clip_seconds=clip_seconds, sources=sources, **kwargs)
