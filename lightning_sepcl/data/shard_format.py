"""Tar shards on disk: what a folder of them holds and what its index says.

<folder>/
    train-000000.tar ...   the clips of a split, webdataset's layout: <number>.flac (or .wav) and <number>.json of each
    clips.csv              where every clip lies, columns as in `ShardRow`
    manifest.csv           labels, splits and classes, as in every data set
    skipped.csv            key, path, reason of the clips that could not be read
    shards.json            settings, counts, classes, and the SHA-256 of every file

The recording's microphones, followed by those of its isolated sources, are the channels of one file.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lightning_sepcl.data.cache_format import CacheSettings, IndexRow
from lightning_sepcl.data.manifest import SPLITS
from lightning_sepcl.errors import UserError

SHARD_FORMAT = 1
INDEX, CLIPS, MANIFEST, SKIPPED_CLIPS = "shards.json", "clips.csv", "manifest.csv", "skipped.csv"
LISTS = (CLIPS, MANIFEST, SKIPPED_CLIPS)
WAV_HEADER_BYTES = 44
"""Of the WAV files that Python's `wave` writes: their samples are read without asking a library."""
HEAD_BYTES = 1 << 16
"""So much of a shard tells whether it is the one that the index means."""
PIECE_BYTES = 1 << 20
_NAME_OF_SHARD = re.compile(rf"(?:{'|'.join(SPLITS)})-[0-9]{{6,}}\.tar")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ShardRow(IndexRow):
    """Where one clip lies; `offset` counts the bytes before its audio file in its shard, `crc32` is of its samples.

    Attributes:
        shard: number of its shard in the index.
        bytes: of its audio file.
    """

    shard: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Shard:
    """One tar file.

    Attributes:
        name: of the file.
        clips: how many it holds.
        bytes: its size.
        sha256: of the whole file.
        head_crc32: of its first `HEAD_BYTES`.
    """

    name: str
    clips: int
    bytes: int
    sha256: str
    head_crc32: int


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """What `shards.json` says.

    Attributes:
        format_version: of this layout.
        corpus: name of the data set.
        made_of: kind of the corpus and what it was built with, without the places of its files.
        settings: how the clips are kept.
        kind: `flac` or `wav`.
        fingerprint: of the source files, the settings and how the clips are dealt out.
        clips: how many by split.
        classes: in the order of target vectors.
        missing: count and hash of what the data set lists and does not have, as runs record it.
        shards: the tar files, in the order that `ShardRow.shard` counts.
        lists: SHA-256 of the other files.
    """

    format_version: int
    corpus: str
    made_of: dict[str, Any]
    settings: CacheSettings
    kind: str
    fingerprint: str
    clips: dict[str, int]
    classes: tuple[str, ...]
    missing: dict[str, Any]
    shards: tuple[Shard, ...]
    lists: dict[str, str]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read_shard_index(text: str, where: str) -> ShardIndex:
    """What `ShardIndex.text` wrote.

    Args:
        text: of the file.
        where: the folder or URL, for messages.

    Raises:
        UserError: no such index, one of another version, or one that names files otherwise than they are written:
            names go into the commands of `pipe:` URLs and into paths, so no others are trusted.
    """
    try:
        said = json.loads(text)
        version = said["format_version"]
        if version != SHARD_FORMAT:
            raise UserError(f"{where}/{INDEX} has the layout {version}, this version reads {SHARD_FORMAT}: write anew")
        parts: dict[str, Any] = {
            "settings": CacheSettings(**said["settings"]),
            "classes": tuple(said["classes"]),
            "shards": tuple(Shard(**shard) for shard in said["shards"]),
        }
        index = ShardIndex(**said | parts)
        _refuse_odd_names(index)
        return index
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{where}/{INDEX} is no index of shards ({type(error).__name__}: {error}): write them with sepcl data shard"
        ) from error


def shard_name(split: str, number: int) -> str:
    """Of the shard `number`, counted within its split.

    >>> shard_name("train", 7)
    'train-000007.tar'
    """
    return f"{split}-{number:06d}.tar"


def _refuse_odd_names(index: ShardIndex) -> None:
    for shard in index.shards:
        if not _NAME_OF_SHARD.fullmatch(shard.name):
            raise ValueError(f"{shard.name!r} is no name of a shard")
    if set(index.lists) != set(LISTS):
        raise ValueError(f"lists {sorted(index.lists)}, not {sorted(LISTS)}")
    for sha256 in (*(shard.sha256 for shard in index.shards), *index.lists.values()):
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256")


def file_sha256(path: Path) -> str:
    """Of a whole file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Summing:
    """A file to write to that knows the checksums of what was written.

    Args:
        file: takes what is written.

    Attributes:
        bytes: written so far.
        head_crc32: of the first `HEAD_BYTES` of them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sum = file, hashlib.sha256()
        self.bytes, self.head_crc32 = 0, 0

    def write(self, data: bytes) -> int:
        """Write and count."""
        self.head_crc32 = zlib.crc32(data[: max(0, HEAD_BYTES - self.bytes)], self.head_crc32)
        self._sum.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        """Where the next byte goes; tar files ask."""
        return self.bytes

    @property
    def sha256(self) -> str:
        """Of all that was written, in hex digits."""
        return self._sum.hexdigest()
