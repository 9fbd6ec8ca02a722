"""Reads clips out of a packed cache, any window of any clip, without loading the rest."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int16

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache_format import (
    AUDIO,
    INDEX,
    META,
    SAMPLE_DTYPE,
    SKIPPED,
    IndexRow,
    index_lines,
    read_skipped,
)
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.errors import UserError


class DamagedCache(UserError):
    """A cache whose files do not fit together; deleting its folder makes the next run build it anew."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"the cache {folder} is damaged ({what}): delete that folder, and it will be built anew")


class CacheReader(ClipReader):
    """A finished cache. The audio file is mapped when first touched, once per process: copies may be sent to workers.

    A clip is compared with its checksum when it is first read, once per process, whatever window of it is wanted.

    Args:
        folder: the cache's own folder.

    Raises:
        DamagedCache: a file is missing, cut or changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.meta = json.loads((folder / META).read_text(encoding="utf-8"))
            expected = {AUDIO: self.meta["audio_bytes"], INDEX: self.meta["index_crc32"]}
            found = {AUDIO: (folder / AUDIO).stat().st_size, INDEX: zlib.crc32((folder / INDEX).read_bytes())}
            self.rows: list[IndexRow] = list(index_lines(folder / INDEX))
            self.skipped = read_skipped(folder / SKIPPED)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedCache(folder, f"{type(error).__name__}: {error}") from error
        if found[INDEX] != expected[INDEX]:
            raise DamagedCache(folder, f"{INDEX} has changed since it was written")
        if found[AUDIO] != expected[AUDIO]:
            raise DamagedCache(folder, f"{AUDIO} has {found[AUDIO]} bytes instead of {expected[AUDIO]}")
        self.position = {row.key: i for i, row in enumerate(self.rows)}
        self._audio: np.memmap[Any, Any] | None = None
        self._sound = bytearray(len(self.rows))  # which clips were found to be as they were written

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_audio": None}  # the file is mapped again wherever the copy arrives

    @property
    def identity(self) -> str:
        """The folder's name, which holds a hash of settings and source files."""
        return self.folder.name

    def clip(self, number: int, start: int = 0, samples: int | None = None) -> Int16[Array, "source mic window"]:
        """A read-only view of clip `number`, from sample `start` on; shorter than `samples` if the clip ends before.

        Raises:
            DamagedCache: it is not what was written.
        """
        row = self.rows[number]
        whole = self._mapped()[row.offset : row.offset + row.size].reshape(row.sources, row.mics, row.samples)
        if not self._sound[number]:
            if not _is_sound(whole, row):
                raise DamagedCache(self.folder, f"clip {row.key} differs from its checksum")
            self._sound[number] = True
        return whole[:, :, start : None if samples is None else start + samples]

    def verify(self) -> None:
        """Compare every clip with its checksum.

        Raises:
            DamagedCache: names the first clip that differs, and how many do.
        """
        flat = self._mapped()
        bad = [row.key for row in self.rows if not _is_sound(flat[row.offset : row.offset + row.size], row)]
        if bad:
            raise DamagedCache(
                self.folder, f"{len(bad)} of {len(self)} clips differ from their checksum, first {bad[0]}"
            )

    def _mapped(self) -> Int16[Array, " number"]:
        if self._audio is None:
            self._audio = np.memmap(self.folder / AUDIO, dtype=SAMPLE_DTYPE, mode="r")
        return self._audio


def _is_sound(numbers: Int16[Array, ...], row: IndexRow) -> bool:
    return zlib.crc32(numbers.data) == row.crc32
