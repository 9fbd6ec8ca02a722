"""The packed cache: all clips of a corpus decoded once and kept as int16 in one memory-mapped file.

A cache is named by a hash of its settings and its source files (names, sizes, times of change), so one that was made
otherwise or from other files can never be used by mistake. Processes that want the same cache wait for the first.
"""

from __future__ import annotations

import glob
import hashlib
import json
import logging
import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lightning_sepcl.data.cache_format import FORMAT_VERSION, META, SKIPPED, CacheSettings
from lightning_sepcl.data.cache_reader import CacheReader
from lightning_sepcl.data.cache_writer import BUILDING, Job, build_cache, refuse_skipped
from lightning_sepcl.data.corpus import Corpus
from lightning_sepcl.data.manifest import Manifest
from lightning_sepcl.data.reading_processes import reading_processes
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)


def open_cache(
    corpus: Corpus,
    manifest: Manifest,
    settings: CacheSettings,
    *,
    cache_dir: str | None = None,
    max_skipped: float = 0.0,
    workers: int | None = None,
) -> CacheReader:
    """The corpus's cache, built first if there is none.

    Args:
        corpus: gives the audio.
        manifest: its clips; labels and splits do not matter here.
        settings: how clips are kept.
        cache_dir: folder that holds all caches; None is `$SEPCL_CACHE`, else `~/.cache/lightning_sepcl`.
        max_skipped: share of the clips, 0 to 1, that may be unreadable; they are listed in the cache's `skipped.csv`.
        workers: processes that read clips; None is `$SEPCL_WORKERS`, else one per core.

    Raises:
        UserError: no clips, too many unreadable ones, clips of different channel counts, or a full disk.
        DamagedCache: the cache was changed after it was built.
    """
    if not manifest.entries:
        raise UserError(f"{corpus.name} has no clips: check its folder and its settings")
    fingerprint = source_fingerprint(corpus, manifest)
    home = cache_home(cache_dir)
    folder = home / f"{corpus.name}-{short_hash([FORMAT_VERSION, corpus.name, asdict(settings), fingerprint])}"
    if not (folder / META).is_file():
        workers = reading_processes(workers)
        _build_once(Job(folder, corpus, manifest.entries, settings, fingerprint, max_skipped, workers))
    cache = CacheReader(folder)
    refuse_skipped(cache.skipped, len(manifest), max_skipped, corpus.name, listed=folder / SKIPPED)
    if cache.skipped:
        log.warning(
            "%s: %d unreadable clip(s) left out, listed in %s", corpus.name, len(cache.skipped), folder / SKIPPED
        )
    return cache


def cache_home(cache_dir: str | None = None) -> Path:
    """The folder that holds all caches."""
    return Path(cache_dir or os.environ.get("SEPCL_CACHE") or "~/.cache/lightning_sepcl").expanduser()


def _build_once(job: Job) -> None:
    """Build unless another process does so meanwhile: then wait for it and take its cache."""
    try:
        job.folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot make the cache folder {job.folder.parent} ({error}): set cache_dir or SEPCL_CACHE"
        ) from error
    with alone_at(job.folder):
        if not (job.folder / META).is_file():
            _sweep(job)
            build_cache(job)


def alone_at(folder: Path) -> AbstractContextManager[Any]:
    """Within it no other process builds `folder`; one that does so already is waited for."""
    lock = _lock(folder)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        log.warning("another process is building %s; waiting for it", folder)
        return lock.acquire()


def _sweep(job: Job) -> None:
    """Remove what killed builds of this data set in another state left; one whose lock is held is running."""
    for left in job.folder.parent.glob(f"{glob.escape(job.corpus.name)}-{'?' * 12}{BUILDING}"):
        if left == job.building:
            continue
        try:
            with _lock(left.with_suffix("")).acquire(timeout=0):
                shutil.rmtree(left, ignore_errors=True)
        except Timeout:
            continue


def _lock(folder: Path) -> FileLock:
    return FileLock(folder.with_name(folder.name + ".lock"))


def source_fingerprint(corpus: Corpus, manifest: Manifest) -> str:
    """Twelve hex digits that change when a clip, or a file it is read from, does."""
    clips = [
        (e.key, e.path, e.start_seconds, e.duration_seconds, e.sources, corpus.fingerprint(e)) for e in manifest.entries
    ]
    return short_hash(clips)


def short_hash(value: object) -> str:
    """Twelve hex digits of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]
