"""Writes tar shards, in several processes. Every shard is whole or not there, and a killed job is carried on.

Which clips lie together is drawn once, from a fixed seed: data sets are often sorted by class or recording, and clips
of one shard meet in training. The same data and settings give the same shards, byte for byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lightning_sepcl.data.cache import alone_at, short_hash, source_fingerprint
from lightning_sepcl.data.cache_format import CacheSettings, write_skipped
from lightning_sepcl.data.cache_writer import refuse_other_mics, refuse_skipped
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import SPLITS, Manifest
from lightning_sepcl.data.reading_processes import in_processes, reading_processes
from lightning_sepcl.data.shard_format import (
    CLIPS,
    INDEX,
    LISTS,
    MANIFEST,
    SHARD_FORMAT,
    SKIPPED_CLIPS,
    Shard,
    ShardIndex,
    file_sha256,
    read_shard_index,
    shard_name,
)
from lightning_sepcl.data.shard_piece import WRITING, Kind, Piece, Written, note_of, write_piece, written
from lightning_sepcl.data.shard_rows import write_rows
from lightning_sepcl.errors import DISK_FULL, UserError
from lightning_sepcl.progress import progress
from lightning_sepcl.whole_file import whole_text

OF = "of"
"""In the folder of a job in progress: the fingerprint of what is being written."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What is to be written.

    Attributes:
        folder: for the shards and their index.
        corpus: gives the audio.
        manifest: its clips.
        settings: how they are kept.
        kind: format of the audio files.
        clips_per_shard: the last shard of a split holds fewer.
        max_skipped: share of the clips that may be unreadable.
        missing: what the data set lists and does not have, as runs record it.
        workers: processes; None is `$SEPCL_WORKERS`, else one per core.
    """

    folder: Path
    corpus: Corpus
    manifest: Manifest
    settings: CacheSettings
    kind: Kind = "flac"
    clips_per_shard: int = 1000
    max_skipped: float = 0.0
    missing: dict[str, Any] | None = None
    workers: int | None = None


def write_shards(job: ShardJob) -> ShardIndex:
    """Write what is not there yet, then the index. Another process that writes to the same folder is waited for.

    Raises:
        UserError: no clips, a folder that holds something else, too many unreadable clips, clips of different channel
            counts or too many for FLAC, or a full disk.
    """
    if not job.manifest.entries:
        raise UserError(f"{job.corpus.name} has no clips: check its folder and its settings")
    if job.clips_per_shard < 1:
        raise UserError(f"clips_per_shard={job.clips_per_shard} should be at least 1")
    job.folder.mkdir(parents=True, exist_ok=True)
    with alone_at(job.folder):
        try:
            return _completed(job)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            raise UserError(
                f"the disk of {job.folder} is full: make room and run the same command again; finished shards stay"
            ) from error


def pieces_of(manifest: Manifest, clips_per_shard: int) -> list[Piece]:
    """Which clips each shard holds: those of one split, in an order drawn once."""
    pieces: list[Piece] = []
    for split_number, split in enumerate(SPLITS):
        clips = np.asarray([i for i, entry in enumerate(manifest.entries) if entry.split == split], np.int64)
        drawn = np.random.default_rng([0, split_number]).permutation(clips).tolist()
        for first in range(0, len(drawn), clips_per_shard):
            name = shard_name(split, first // clips_per_shard)
            pieces.append(Piece(len(pieces), name, tuple(drawn[first : first + clips_per_shard])))
    return pieces


def _completed(job: ShardJob) -> ShardIndex:
    for left in job.folder.glob(".*.tar.*"):  # of processes that were killed; nobody else writes here now
        left.unlink()
    fingerprint = _fingerprint(job)
    finished = _finished(job, fingerprint)
    pieces = pieces_of(job.manifest, job.clips_per_shard)
    if finished is None:
        _begin_or_go_on(job, fingerprint)
    shards = {} if finished is None else {shard.name: shard for shard in finished.shards}
    todo = [piece for piece in pieces if not _is_whole(job.folder, piece, shards)]
    _write_all(job, todo)
    if finished is None:
        finished = _index(job, fingerprint, pieces)
        whole_text(job.folder / INDEX, finished.text())
    for piece in todo if shards else ():
        if written(job.folder, piece).shard != shards[piece.name]:
            raise UserError(
                f"{job.folder / piece.name} was written again and differs from the index, as another version of the "
                "encoder may have it: write all shards to a new folder"
            )
    shutil.rmtree(job.folder / WRITING, ignore_errors=True)
    return finished


def _fingerprint(job: ShardJob) -> str:
    source = source_fingerprint(job.corpus, job.manifest)
    how = (asdict(job.settings), job.kind, job.clips_per_shard, job.corpus.made_of())
    return short_hash([SHARD_FORMAT, source, job.manifest.hash, *how])


def _finished(job: ShardJob, fingerprint: str) -> ShardIndex | None:
    """The index of a folder that is complete, perhaps but for shards that were lost since."""
    path = job.folder / INDEX
    if not path.is_file():
        return None
    index = read_shard_index(path.read_text(encoding="utf-8"), str(job.folder))
    if index.fingerprint != fingerprint:
        raise _other(job)
    return index


def _begin_or_go_on(job: ShardJob, fingerprint: str) -> None:
    of = job.folder / WRITING / OF
    if of.is_file():
        if of.read_text(encoding="utf-8") != fingerprint:
            raise _other(job)
    elif any(job.folder.glob("*.tar")):
        raise _other(job)
    else:
        whole_text(of, fingerprint)


def _other(job: ShardJob) -> UserError:
    return UserError(
        f"{job.folder} holds shards of other data, other settings or files that have changed since: "
        "choose another folder, or delete it"
    )


def _is_whole(folder: Path, piece: Piece, shards: dict[str, Shard]) -> bool:
    tar = folder / piece.name
    if not tar.is_file():
        return False
    if piece.name in shards:
        return tar.stat().st_size == shards[piece.name].bytes
    return note_of(folder, piece).is_file() and tar.stat().st_size == written(folder, piece).shard.bytes


def _write_all(job: ShardJob, todo: Sequence[Piece]) -> None:
    write = partial(write_piece, job.folder, job.corpus, job.settings, job.kind)
    items = [(piece, tuple(job.manifest.entries[i] for i in piece.clips)) for piece in todo]
    workers = min(reading_processes(job.workers), len(items))
    with progress(f"writing shards of {job.corpus.name}", sum(len(piece.clips) for piece in todo)) as advance:
        for clips in map(write, items) if workers <= 1 else in_processes(write, items, workers, job.corpus.name):
            advance(clips)


def _index(job: ShardJob, fingerprint: str, pieces: Sequence[Piece]) -> ShardIndex:
    """Write the lists, and gather what `shards.json` says."""
    done = [written(job.folder, piece) for piece in pieces]
    rows = [row for one in done for row in one.rows]
    skipped = [clip for one in done for clip in one.skipped]
    refuse_skipped(skipped, len(job.manifest), job.max_skipped, job.corpus.name)
    refuse_other_mics(rows)
    write_rows(job.folder / CLIPS, rows)
    job.manifest.write(job.folder / MANIFEST)
    write_skipped(job.folder / SKIPPED_CLIPS, skipped)
    return ShardIndex(
        format_version=SHARD_FORMAT,
        corpus=job.corpus.name,
        made_of=job.corpus.made_of(),
        settings=job.settings,
        kind=job.kind,
        fingerprint=fingerprint,
        clips=dict(_counts(done)),
        classes=job.manifest.vocabulary,
        missing=job.missing or {},
        shards=tuple(one.shard for one in done),
        lists={name: file_sha256(job.folder / name) for name in LISTS},
    )


def _counts(done: Sequence[Written]) -> Iterator[tuple[str, int]]:
    for split in SPLITS:
        clips = sum(one.shard.clips for one in done if one.shard.name.startswith(f"{split}-"))
        if clips:
            yield split, clips
