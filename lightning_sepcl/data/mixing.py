"""Mixtures of labelled clips: drawn from a seed, and rendered so that the sources add up to the mixture to the bit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32, Int16
from torch.utils.data import Dataset

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.dataset import Fill, Position, repeat_in_place
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.mixture_list import Part, Recipe
from lightning_sepcl.errors import UserError
from lightning_sepcl.records import Batch

LEVEL = 0.05
"""Root mean square of a source at 0 dB, full scale 1: two such sources hardly ever reach full scale."""
PEAK = 32000
"""Of the mixture in steps of 16 bits, where its sources would go beyond."""
SOUNDING = 1e-3
"""Root mean square from which a window is taken at once; -60 dB."""
TRIES = 8


class MixtureClips:
    """The clips of a split that mixtures are made of.

    Classes are drawn evenly, then a clip of the class, so that rare classes are heard as often as common ones. The
    sources of a mixture share no label.

    Args:
        cache: holds the clips.
        manifest: their labels.
        rows: which clips, as numbers of manifest entries.
        samples: length of a mixture.
        fill: what shorter clips are filled up with.
        polyphony: fewest and most sources.
        level_db: sources lie within ± this of the common level.

    Raises:
        UserError: too few labels for mixtures of different ones.
    """

    def __init__(
        self,
        cache: ClipReader,
        manifest: Manifest,
        rows: Sequence[int],
        samples: int,
        fill: Fill,
        polyphony: tuple[int, int],
        level_db: float,
    ) -> None:
        self.cache, self.samples, self.fill = cache, samples, fill
        self.polyphony, self.level_db = polyphony, level_db
        self.sample_rate = int(cache.meta["settings"]["sample_rate"])
        self.entries: dict[str, Entry] = {manifest.entries[i].key: manifest.entries[i] for i in rows}
        self.of_class: dict[str, list[str]] = defaultdict(list)
        for entry in self.entries.values():
            for label in entry.labels:
                self.of_class[label].append(entry.key)
        self.classes = sorted(self.of_class)
        self.column = {label: i for i, label in enumerate(manifest.vocabulary)}
        if len(self.classes) < polyphony[1]:
            raise UserError(
                f"mixtures of {polyphony[1]} different classes need clips of as many, these have "
                f"{len(self.classes)}: use a data set with more labels, or a smaller `polyphony`"
            )

    def draw(self, generator: np.random.Generator, key: str) -> Recipe:
        """A mixture as the generator has it."""
        count = int(generator.integers(self.polyphony[0], self.polyphony[1] + 1))
        parts: list[Part] = []
        taken: set[str] = set()
        while len(parts) < count:
            for _ in range(1000):
                label = self.classes[generator.integers(len(self.classes))]
                clip = self.of_class[label][generator.integers(len(self.of_class[label]))]
                if not taken & set(self.entries[clip].labels):
                    break
            else:
                raise UserError("no clips that share no label: use a data set whose clips have fewer labels each")
            taken |= set(self.entries[clip].labels)
            # Rounded as a list writes them: drawn or read, it is the same mixture.
            start = round(self._start(clip, generator) / self.sample_rate, 6)
            gain = round(float(generator.uniform(-self.level_db, self.level_db)), 3)
            parts.append(Part(clip, start, gain))
        return Recipe(key, tuple(parts))

    def render(self, recipe: Recipe) -> Int16[Array, "row sample"]:
        """The mixture, then its sources, as many rows as the largest mixture needs."""
        sources = np.zeros((self.polyphony[1], self.samples), np.float32)
        for row, part in zip(sources, recipe.parts, strict=False):
            row[:] = self._levelled(part)
        peak = max(float(np.abs(sources).max()), float(np.abs(sources.sum(0)).max())) * 32768
        whole = np.rint(sources * (32768 * min(1.0, PEAK / peak if peak else 1.0))).astype(np.int16)
        return np.concatenate([whole.sum(0, dtype=np.int16)[None], whole])

    def target(self, recipe: Recipe) -> Float32[Array, " class"]:
        """1 for every class of any source."""
        out = np.zeros(len(self.column), np.float32)
        out[[self.column[label] for part in recipe.parts for label in self.entries[part.clip].labels]] = 1
        return out

    def _start(self, clip: str, generator: np.random.Generator) -> int:
        """Where a window begins in which something sounds; the loudest tried where none does."""
        number = self.cache.position[clip]
        spare = self.cache.rows[number].samples - self.samples
        if spare <= 0:
            return 0
        starts = generator.integers(0, spare + 1, TRIES)
        levels = []
        for start in starts:
            levels.append(_rms(self.cache.clip(number, int(start), self.samples)[0, 0] / np.float32(32768)))
            if levels[-1] > SOUNDING:
                return int(start)
        return int(starts[int(np.argmax(levels))])

    def _levelled(self, part: Part) -> Float32[Array, " sample"]:
        start = round(part.start_seconds * self.sample_rate)
        clip = self.cache.clip(self.cache.position[part.clip], start, self.samples)[:1, :1]
        wave = np.zeros((1, 1, self.samples), np.int16)
        wave[..., : clip.shape[-1]] = clip
        if self.fill == "repeat" and clip.shape[-1]:
            repeat_in_place(wave, clip.shape[-1])
        full: Float32[Array, " sample"] = wave[0, 0].astype(np.float32) / 32768
        level = _rms(full)
        return full * np.float32(LEVEL * 10 ** (part.gain_db / 20) / level) if level > 0 else full


class MixtureDataset(Dataset[Batch]):
    """Mixtures, as a list says or drawn anew for every epoch; indexing gives a `Batch`.

    A drawn mixture depends on seed, epoch and place alone, so neither the number of workers nor the batch matters.

    Args:
        clips: what mixtures are made of.
        recipes: the list; a number draws so many in every epoch.
        seed: of the drawn ones.
        sources: hand the sources along, behind the mixture.
        labelled: whether labels may be told.
    """

    def __init__(
        self, clips: MixtureClips, recipes: Sequence[Recipe] | int, seed: int, sources: bool, labelled: bool
    ) -> None:
        self.clips, self.recipes, self.seed = clips, recipes, seed
        self.sources, self.labelled = sources, labelled

    def __len__(self) -> int:
        return self.recipes if isinstance(self.recipes, int) else len(self.recipes)

    def __getitem__(self, position: Position) -> Batch:
        return self.__getitems__([position])

    def __getitems__(self, positions: Sequence[Position]) -> Batch:
        pairs = [p if isinstance(p, tuple) else (0, int(p)) for p in positions]
        recipes = [self.recipe(epoch, place) for epoch, place in pairs]
        waves = np.stack([self.clips.render(recipe) for recipe in recipes])
        target = np.stack([self.clips.target(recipe) for recipe in recipes])
        return Batch(
            wave=torch.from_numpy(waves[:, : None if self.sources else 1, None]),
            length=torch.full((len(pairs),), self.clips.samples),
            target=torch.from_numpy(target * self.labelled),
            labelled=torch.full((len(pairs),), self.labelled),
            index=torch.tensor([place for _, place in pairs]),
            keys=tuple(recipe.key for recipe in recipes),
        )

    def recipe(self, epoch: int, place: int) -> Recipe:
        """The mixture at a place of an epoch."""
        if not isinstance(self.recipes, int):
            return self.recipes[place]
        return self.clips.draw(np.random.default_rng([self.seed, epoch, place]), f"epoch {epoch}, mixture {place}")


def _rms(wave: Float32[Array, " sample"]) -> float:
    return float(np.sqrt(np.square(wave, dtype=np.float64).mean())) if len(wave) else 0.0
