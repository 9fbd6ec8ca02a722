"""Builds a packed cache in a temporary folder and renames it when complete. A killed build is carried on next time."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from lightning_sepcl.data.cache_format import (
    AUDIO,
    FORMAT_VERSION,
    INDEX,
    INDEX_COLUMNS,
    META,
    SAMPLE_DTYPE,
    SKIPPED,
    CacheSettings,
    IndexRow,
    Skipped,
    index_lines,
    write_skipped,
)
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.data.packing import PackedClip, pack_clips
from lightning_sepcl.data.reading_processes import in_processes
from lightning_sepcl.errors import DISK_FULL, UserError
from lightning_sepcl.progress import progress

BUILDING = ".building"
OF = "of"
"""In the folder of a build in progress: the fingerprint of what is being built."""
CHUNK_CLIPS = 16
SMALL_SET_CLIPS = 64
"""Up to so many clips the start of processes takes longer than they save."""

Packed = list[PackedClip | Skipped]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be built.

    Attributes:
        folder: where the finished cache will lie.
        corpus: gives the audio.
        entries: its clips.
        settings: how they are kept.
        fingerprint: of the source files, for the record.
        max_skipped: share of the clips that may be unreadable.
        workers: processes that read clips.
    """

    folder: Path
    corpus: Corpus
    entries: tuple[Entry, ...]
    settings: CacheSettings
    fingerprint: str
    max_skipped: float
    workers: int

    @property
    def building(self) -> Path:
        """The temporary folder beside the finished one."""
        return self.folder.with_name(self.folder.name + BUILDING)


def build_cache(job: Job) -> None:
    """Read all clips, write them, rename the folder. The caller holds the folder's lock.

    Raises:
        UserError: too many unreadable clips or a killed process, and what was read is kept for the next time; clips of
            different channel counts or a full disk, and nothing is left behind.
    """
    try:
        _begin_or_go_on(job)
        rows, skipped = _fill(job)
        write_skipped(job.building / SKIPPED, skipped)
        refuse_skipped(
            skipped, len(job.entries), job.max_skipped, job.corpus.name, listed=job.building / SKIPPED
        )  # fmt: skip
        _finish(job, rows, skipped)
    except OtherMics:
        shutil.rmtree(job.building, ignore_errors=True)
        raise
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        message = _full_disk(job)
        shutil.rmtree(job.building, ignore_errors=True)
        raise UserError(message) from error
    if job.folder.exists():  # without its meta.json, or nobody would have asked for a new one
        shutil.rmtree(job.folder)
    job.building.rename(job.folder)
    _sync(job.folder.parent)


def refuse_skipped(
    skipped: Sequence[Skipped], clips: int, max_skipped: float, name: str, listed: Path | None = None
) -> None:
    """Raise unless the share of unreadable clips is within what the user allowed and at least one clip is left.

    Args:
        skipped: the unreadable clips.
        clips: how many there are in all.
        max_skipped: share of them that may be unreadable.
        name: of the corpus.
        listed: a file that names them all, if there is one.

    Raises:
        UserError: names the first of them, counts the rest, and says how to allow them.
    """
    if skipped and (len(skipped) > max_skipped * clips or len(skipped) == clips):
        share = math.ceil(1000 * len(skipped) / clips) / 1000
        more = f"and {len(skipped) - 1} more" + (f", all in {listed}" if listed else "")
        rest = f" ({more})" if len(skipped) > 1 else ""
        raise UserError(
            f"{name}: {len(skipped)} of {clips} clips cannot be read; {skipped[0].path}: {skipped[0].reason}{rest}. "
            f"Mend or remove them, or leave up to that share out with --data.max_skipped {share:g} or more"
        )


def _begin_or_go_on(job: Job) -> None:
    """Keep what a killed build left, unless it was of something else, such as another separator's channels."""
    of = job.building / OF
    if not (of.is_file() and of.read_text(encoding="utf-8") == job.fingerprint):
        shutil.rmtree(job.building, ignore_errors=True)
        job.building.mkdir(parents=True)
        of.write_text(job.fingerprint, encoding="utf-8")


def _fill(job: Job) -> tuple[list[IndexRow], list[Skipped]]:
    rows = _finished_rows(job)
    skipped: list[Skipped] = []
    done = {row.key for row in rows}
    todo = [entry for entry in job.entries if entry.key not in done]
    end = sum(row.size for row in rows)
    with (
        (job.building / AUDIO).open("ab") as audio,
        (job.building / INDEX).open("a", newline="", encoding="utf-8") as index,
        progress(f"caching {job.corpus.name}", len(todo)) as advance,
    ):
        audio.truncate(end * SAMPLE_DTYPE.itemsize)
        writer = csv.writer(index, lineterminator="\n")
        for chunk in _packed_chunks(job, todo):
            skipped += [clip for clip in chunk if isinstance(clip, Skipped)]
            new = list(_placed([clip for clip in chunk if isinstance(clip, PackedClip)], end))
            refuse_other_mics([*rows[:1], *new])
            append(audio, b"".join(clip.numbers.tobytes() for clip in chunk if isinstance(clip, PackedClip)))
            writer.writerows(astuple(row) for row in new)
            index.flush()
            rows.extend(new)
            end += sum(row.size for row in new)
            advance(len(chunk))
        for file in (audio, index):
            file.flush()
            os.fsync(file.fileno())
    return rows, skipped


def append(file: BinaryIO, data: bytes) -> None:
    """Write and hand over to the operating system at once, so that a full disk shows itself here."""
    file.write(data)
    file.flush()


def _finished_rows(job: Job) -> list[IndexRow]:
    """Clips that a killed build of the very same cache left complete: checked by their checksums."""
    index, audio = job.building / INDEX, job.building / AUDIO
    rows: list[IndexRow] = []
    if index.is_file() and audio.is_file():
        with audio.open("rb") as file:
            for row in index_lines(index):
                if zlib.crc32(file.read(row.size * SAMPLE_DTYPE.itemsize)) != row.crc32:
                    break
                rows.append(row)
    with index.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(INDEX_COLUMNS)
        writer.writerows(astuple(row) for row in rows)
    return rows


def _packed_chunks(job: Job, entries: Sequence[Entry]) -> Iterator[Packed]:
    chunks = [entries[i : i + CHUNK_CLIPS] for i in range(0, len(entries), CHUNK_CLIPS)]
    pack = partial(pack_clips, job.corpus, job.settings)
    if job.workers <= 1 or len(entries) <= SMALL_SET_CLIPS:
        yield from map(pack, chunks)
        return
    yield from in_processes(pack, chunks, job.workers, job.corpus.name)


def _placed(clips: Iterable[PackedClip], end: int) -> Iterator[IndexRow]:
    for clip in clips:
        sources, mics, samples = clip.numbers.shape
        yield IndexRow(clip.key, end, sources, mics, samples, clip.peak, clip.gain, clip.crc32)
        end += clip.numbers.size


class OtherMics(UserError):
    """Clips of one cache that have different numbers of microphones."""


def refuse_other_mics(rows: Sequence[IndexRow]) -> None:
    """Check that all clips have as many microphones as the first.

    Raises:
        OtherMics: names the first that has not.
    """
    for row in rows:
        if row.mics != rows[0].mics:
            raise OtherMics(
                f"clip {row.key} has {row.mics} channel(s), clip {rows[0].key} has {rows[0].mics}: "
                "one batch cannot hold both, set mono=true or keep one kind of files"
            )


def _finish(job: Job, rows: Sequence[IndexRow], skipped: Sequence[Skipped]) -> None:
    write_skipped(job.building / SKIPPED, skipped)
    meta: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "corpus": job.corpus.name,
        "settings": asdict(job.settings),
        "fingerprint": job.fingerprint,
        "clips": len(rows),
        "skipped": len(skipped),
        "audio_bytes": (job.building / AUDIO).stat().st_size,
        "index_crc32": zlib.crc32((job.building / INDEX).read_bytes()),
    }
    (job.building / META).write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    for name in (SKIPPED, META):
        _sync(job.building / name)
    (job.building / OF).unlink()


def _full_disk(job: Job) -> str:
    written, done = 0, 0
    index = job.building / INDEX
    for row in index_lines(index) if index.is_file() else ():
        written, done = written + row.size * SAMPLE_DTYPE.itemsize, done + 1
    free = shutil.disk_usage(job.building).free
    if done:
        need = f"about {written / done * len(job.entries):.3g} bytes for {len(job.entries)} clips"
    else:
        need = f"the bytes of {len(job.entries)} clips (none was written yet)"
    return (
        f"the disk of {job.folder.parent} is full: the cache of {job.corpus.name} needs {need}, "
        f"of which {written:.3g} were written and {free:.3g} are free now; make room, or set cache_dir or SEPCL_CACHE"
    )


def _sync(path: Path) -> None:
    """Push a file or a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
