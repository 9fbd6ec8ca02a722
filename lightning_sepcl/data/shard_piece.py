"""Writes one shard: its clips' audio and what is known of them, in the layout of webdataset."""

from __future__ import annotations

import io
import json
import tarfile
import wave
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from jaxtyping import Int16

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache_format import CacheSettings, Skipped
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.data.packing import PackedClip, pack_clips
from lightning_sepcl.data.shard_format import Shard, ShardRow, Summing
from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_file, whole_text

WRITING = ".writing"
"""Folder of a job in progress."""
FLAC_CHANNELS = 8

Kind = Literal["flac", "wav"]


@dataclass(frozen=True, slots=True)
class Piece:
    """The clips of one shard: its number among all shards, its file, and its clips' numbers in the manifest."""

    number: int
    name: str
    clips: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of a finished shard."""

    shard: Shard
    rows: list[ShardRow]
    skipped: list[Skipped]


def write_piece(
    folder: Path, corpus: Corpus, settings: CacheSettings, kind: Kind, item: tuple[Piece, tuple[Entry, ...]]
) -> int:
    """Write one shard, then a note of what is in it: without the note it counts as not written.

    Returns:
        How many clips were read.
    """
    piece, entries = item
    rows: list[ShardRow] = []
    skipped: list[Skipped] = []
    with whole_file(folder / piece.name) as file:
        out = Summing(file)
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:  # type: ignore[call-overload]
            for number, entry in zip(piece.clips, entries, strict=True):
                clip = pack_clips(corpus, settings, [entry])[0]
                if isinstance(clip, Skipped):
                    skipped.append(clip)
                else:
                    rows.append(_add(tar, piece, f"{number:09d}", clip, entry, settings, kind))
    shard = Shard(piece.name, len(rows), out.bytes, out.sha256, out.head_crc32)
    parts = {"shard": astuple(shard), "rows": [astuple(r) for r in rows], "skipped": [astuple(s) for s in skipped]}
    whole_text(note_of(folder, piece), json.dumps(parts))
    return len(entries)


def _add(
    tar: tarfile.TarFile,
    piece: Piece,
    name: str,
    clip: PackedClip,
    entry: Entry,
    settings: CacheSettings,
    kind: Kind,
) -> ShardRow:
    sources, mics, samples = clip.numbers.shape
    audio = encoded(clip.numbers.reshape(sources * mics, samples), settings.sample_rate, kind, entry.key)
    offset = tar.offset + tarfile.BLOCKSIZE
    _member(tar, f"{name}.{kind}", audio)
    about = {
        "key": entry.key,
        "labels": entry.labels,
        "split": entry.split,
        "fold": entry.fold,
        "group": entry.group,
        "direction": entry.direction,
        "sources": sources,
    }
    _member(tar, f"{name}.json", json.dumps(about, ensure_ascii=False).encode())
    return ShardRow(
        entry.key, offset, sources, mics, samples, clip.peak, clip.gain, clip.crc32, piece.number, len(audio)
    )  # fmt: skip


def _member(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    header = tarfile.TarInfo(name)  # says neither time nor owner: the same clips give the same bytes
    header.size = len(data)
    tar.addfile(header, io.BytesIO(data))


def encoded(numbers: Int16[Array, "channel sample"], sample_rate: int, kind: Kind, key: str) -> bytes:
    """The samples as a FLAC or WAV file of 16 bits; nothing is lost.

    Args:
        numbers: the samples.
        sample_rate: Hz.
        kind: of file.
        key: of the clip, for the message.

    Raises:
        UserError: more channels than FLAC has.
    """
    file = io.BytesIO()
    if kind == "wav":
        with wave.open(file, "wb") as out:
            out.setparams((len(numbers), 2, sample_rate, 0, "NONE", ""))
            out.writeframes(np.ascontiguousarray(numbers.T).tobytes())
        return file.getvalue()
    if len(numbers) > FLAC_CHANNELS:
        raise UserError(
            f"clip {key} has {len(numbers)} channels with its sources, FLAC holds {FLAC_CHANNELS}: write --format wav"
        )
    soundfile.write(file, numbers.T, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def note_of(folder: Path, piece: Piece) -> Path:
    """Where the note of a finished shard lies while others are being written."""
    return folder / WRITING / f"{piece.name}.json"


def written(folder: Path, piece: Piece) -> Written:
    """What the note of a finished shard says."""
    said = json.loads(note_of(folder, piece).read_text(encoding="utf-8"))
    rows = [ShardRow(*row) for row in said["rows"]]
    return Written(Shard(*said["shard"]), rows, [Skipped(*clip) for clip in said["skipped"]])
