"""Clips taken apart beforehand: a cache of channels beside the cache of recordings, made once and read like sources.

A folder of separated clips holds one or more shards, `shard-1-of-4` and so on, each a packed cache that another machine
may have written. It belongs to one cache of recordings and is refused beside any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int16

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache import alone_at
from lightning_sepcl.data.cache_format import FULL_SCALE, META, CacheSettings
from lightning_sepcl.data.cache_reader import CacheReader
from lightning_sepcl.data.cache_writer import Job, build_cache
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.corpus import ClipAudio, Corpus
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.errors import UserError

Separate = Callable[[Float32[Array, " sample"]], Float32[Array, "channel sample"]]
"""One clip in, full scale 1, its channels out."""

SHARD = re.compile(r"shard-(\d+)-of-(\d+)")


class SeparatedCorpus(Corpus):
    """The recordings of a cache, each as the channels that a separator makes of it.

    Args:
        cache: of the recordings.
        separate: the separator.
        keys: names of the clips; all must be in the cache.
    """

    def __init__(self, cache: ClipReader, separate: Separate, keys: Sequence[str]) -> None:
        self.cache, self.separate, self.keys = cache, separate, tuple(keys)
        self.name = f"{cache.meta['corpus']}, separated"

    def manifest(self) -> Manifest:
        """One entry per clip, without labels."""
        entries = (Entry(key, key, 0.0, None, (), "train", 0) for key in self.keys)
        return Manifest(tuple(entries), (), multi_label=False)

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """(channel, 1, sample)

        Raises:
            UserError: the clip has several microphones.
        """
        clip = self.cache.clip(self.cache.position[entry.key])[0]
        if len(clip) != 1:
            raise UserError(f"clip {entry.key} has {len(clip)} microphones, separation takes one: set data.mono=true")
        return self.separate(clip[0].astype(np.float32) / FULL_SCALE)[:, None]

    def fingerprint(self, entry: Entry) -> str:
        """The clip's checksum."""
        return str(self.cache.rows[self.cache.position[entry.key]].crc32)


def write_separated(
    folder: Path, cache: ClipReader, separate: Separate, separator: str, shard: int = 1, shards: int = 1
) -> Path:
    """Separate a shard of a cache's clips into `folder`; a killed call is carried on by the next one.

    A second process that is asked for the same shard waits for the first.

    Args:
        folder: for the shards of this separator and this cache.
        cache: of the recordings.
        separate: the separator.
        separator: what identifies it, such as a hash of its weights.
        shard: which part, from 1.
        shards: how many parts there are.

    Returns:
        The shard's folder; left as it is where it is complete already.

    Raises:
        UserError: the folder holds something else, a clip cannot be separated, or the disk is full.
    """
    if not 1 <= shard <= shards:
        raise UserError(f"shard {shard} of {shards} does not exist: shards are counted from 1")
    target = folder / f"shard-{shard}-of-{shards}"
    made = f"{cache.identity}:{separator}"
    _refuse_others(folder, made, shards)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_at(target):
        if (target / META).is_file():
            return target
        corpus = SeparatedCorpus(cache, separate, [row.key for row in cache.rows[shard - 1 :: shards]])
        settings = CacheSettings(cache.meta["settings"]["sample_rate"], mono=True, sources=True)
        build_cache(Job(target, corpus, corpus.manifest().entries, settings, made, max_skipped=0.0, workers=1))
    return target


class SeparatedClips:
    """Reads what `write_separated` wrote.

    Args:
        folder: with the shards.
        cache: of the recordings, which it must have been made from.

    Attributes:
        channels: how many each clip has.
        separator: what identifies the separator.

    Raises:
        UserError: a shard is missing, or it was made from another cache.
        DamagedCache: a shard was changed after it was written.
    """

    def __init__(self, folder: str | Path, cache: ClipReader) -> None:
        readers = [CacheReader(part) for part in _complete_shards(Path(folder))]
        made = {str(reader.meta["fingerprint"]) for reader in readers}
        if len(made) > 1:
            raise UserError(f"{folder} mixes shards of {len(made)} separators or caches: write them again")
        origin, _, self.separator = made.pop().partition(":")
        if origin != cache.identity:
            raise UserError(
                f"{folder} was separated from the cache {origin}, the data are in {cache.identity}: "
                "separate these data, or use the settings and files it was made with"
            )
        self._place = {row.key: (reader, i) for reader in readers for i, row in enumerate(reader.rows)}
        missing = [row.key for row in cache.rows if row.key not in self._place]
        if missing:
            raise UserError(f"{folder} lacks {len(missing)} clip(s) of the data, the first is {missing[0]}")
        self.channels = readers[0].rows[0].sources

    def clip(self, key: str, start: int = 0, samples: int | None = None) -> Int16[Array, "channel 1 window"]:
        """The channels of a clip, from sample `start` on."""
        reader, number = self._place[key]
        return reader.clip(number, start, samples)


def _complete_shards(folder: Path) -> list[Path]:
    found = _shards(folder)
    if not found:
        raise UserError(f"no separated clips in {folder}: write them with `sepcl separate-dataset --out {folder}`")
    count = {total for _, total in found}
    if len(count) > 1:
        raise UserError(f"{folder} mixes shards of {' and '.join(map(str, sorted(count)))}: write them again")
    total = count.pop()
    missing = [i for i in range(1, total + 1) if (i, total) not in found]
    if missing:
        raise UserError(f"{folder} lacks shard {missing[0]} of {total}: write it with --shard {missing[0]}/{total}")
    return [found[i, total] for i in range(1, total + 1)]


def _shards(folder: Path) -> dict[tuple[int, int], Path]:
    """Finished shards by (number, how many there are)."""
    parts = ((SHARD.fullmatch(p.name), p) for p in sorted(folder.glob("shard-*")) if (p / META).is_file())
    return {(int(m[1]), int(m[2])): p for m, p in parts if m}


def _refuse_others(folder: Path, made: str, shards: int) -> None:
    for (_, total), part in _shards(folder).items():
        found = str(CacheReader(part).meta["fingerprint"])
        if found != made or total != shards:
            raise UserError(
                f"{part} holds clips of another separator, other data or another number of shards: "
                "choose another folder, or delete it"
            )
