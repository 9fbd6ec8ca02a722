"""Where shards lie: in a folder, or behind any URL that webdataset opens, whose shards are fetched whole and kept.

A fetched shard is compared with its SHA-256 and read like a local one: order, windows and resuming are the same.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import Any

from filelock import FileLock

from lightning_sepcl.data.cache import cache_home, short_hash
from lightning_sepcl.data.shard_format import (
    INDEX,
    PIECE_BYTES,
    Shard,
    ShardIndex,
    Summing,
    file_sha256,
    read_shard_index,
)
from lightning_sepcl.errors import DISK_FULL, UserError
from lightning_sepcl.whole_file import whole_file

_URL = re.compile(r"[a-z][a-z0-9+.-]+:")
NAME = "{}"
"""In a URL: where the name of a file goes; at the end if it is not there."""
ATTEMPTS = 3
SECONDS_BETWEEN_ATTEMPTS = 2.0


class ShardPlace(ABC):
    """The files of a set of shards.

    Args:
        where: folder or URL, as the user wrote it.
    """

    def __init__(self, where: str) -> None:
        self.where = where

    @abstractmethod
    def index(self) -> ShardIndex:
        """What `shards.json` says.

        Raises:
            UserError: there is none, or it is no index.
        """

    @abstractmethod
    def list_file(self, name: str, sha256: str) -> Path:
        """One of the files beside the shards, as a local file.

        Raises:
            UserError: it is not there, or it is not the one that the index means.
        """

    @abstractmethod
    def shard_file(self, shard: Shard) -> Path:
        """A shard as a local file.

        Raises:
            UserError: it is not there, or has not the size that the index says.
        """

    def ahead(self, shards: Iterable[Shard]) -> None:  # noqa: B027 - nothing to do where shards lie in a folder
        """Begin to get these shards, which will be read in this order."""


def shard_place(where: str, cache_dir: str | None = None) -> ShardPlace:
    """The place that a user named.

    Args:
        where: folder or URL.
        cache_dir: folder for what is fetched; None is `$SEPCL_CACHE`, else `~/.cache/lightning_sepcl`.
    """
    if _URL.match(where) and not Path(where).exists():
        return RemoteShards(where, cache_home(cache_dir))
    return LocalShards(where)


class LocalShards(ShardPlace):
    """Shards in a folder of this machine or of the network.

    Args:
        where: the folder.
    """

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.folder = Path(where).expanduser()

    def index(self) -> ShardIndex:
        """Read, and every shard looked for."""
        path = self.folder / INDEX
        if not path.is_file():
            raise UserError(f"no {INDEX} in {self.where}: write shards with sepcl data shard NAME --out {self.where}")
        index = read_shard_index(path.read_text(encoding="utf-8"), self.where)
        for shard in index.shards:
            self.shard_file(shard)
        return index

    def list_file(self, name: str, sha256: str) -> Path:
        """Compared with its checksum."""
        path = self.folder / name
        if not path.is_file():
            raise UserError(f"{self.where} lacks {name}, which belongs to its shards: copy all its files")
        if file_sha256(path) != sha256:
            raise UserError(f"{path} is not the one that {INDEX} means: it has changed, or belongs to other shards")
        return path

    def shard_file(self, shard: Shard) -> Path:
        """Compared with its size; `sepcl data shard --verify` compares checksums."""
        path = self.folder / shard.name
        try:
            found = path.stat().st_size
        except OSError:
            raise UserError(
                f"{self.where} lacks the shard {shard.name}: copy it there, or write it again with the same "
                "sepcl data shard command"
            ) from None
        if found != shard.bytes:
            raise UserError(
                f"{path} has {found} bytes, its index says {shard.bytes}: it was cut short or belongs to other shards; "
                "copy it again, or delete it and run the same sepcl data shard command"
            )
        return path


class RemoteShards(ShardPlace):
    """Shards behind a URL, each fetched once per machine and kept. Processes that want the same one wait for the first.

    Args:
        where: a URL that webdataset opens, with `{}` where a file's name goes, else it is put behind a slash.
        home: folder for what is fetched.
    """

    def __init__(self, where: str, home: Path) -> None:
        super().__init__(where)
        self.folder = home / f"shards-{short_hash(where)}"

    def index(self) -> ShardIndex:
        """Fetched at every start, since it says what else is there."""
        path = self._fetched(INDEX, None)
        return read_shard_index(path.read_text(encoding="utf-8"), self.where)

    def list_file(self, name: str, sha256: str) -> Path:
        """Fetched unless it was."""
        return self._fetched(name, sha256)

    def shard_file(self, shard: Shard) -> Path:
        """Fetched unless it was; a kept file of another size is fetched again."""
        return self._fetched(shard.name, shard.sha256, shard.bytes)

    def ahead(self, shards: Iterable[Shard]) -> None:
        """Fetch in a thread, while training reads what is there. Whoever reads a shard first tells what is wrong."""
        Thread(target=self._fetch_all, args=(list(shards),), daemon=True).start()

    def _fetch_all(self, shards: list[Shard]) -> None:
        try:
            for shard in shards:
                self.shard_file(shard)
        except (UserError, OSError):
            return

    def _fetched(self, name: str, sha256: str | None, size: int | None = None) -> Path:
        path = self.folder / (name if sha256 is None else f"{sha256[:12]}-{name}")
        if sha256 is not None and _is_kept(path, size):
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            if sha256 is None or not _is_kept(path, size):
                for left in self.folder.glob(f".{path.name}.*"):  # of processes that were killed while they fetched it
                    left.unlink()
                self._fetch(name, path, sha256)
        return path

    def _fetch(self, name: str, path: Path, sha256: str | None) -> None:
        url = self.where.replace(NAME, name) if NAME in self.where else f"{self.where.rstrip('/')}/{name}"
        attempts = ATTEMPTS if sha256 else 1  # a mistyped URL is told at once
        for attempt in range(attempts):
            try:
                with whole_file(path) as file:
                    self._copy(url, out := Summing(file))
                    if sha256 not in (None, out.sha256):
                        raise UserError(
                            f"{url} has another SHA-256 than {INDEX} says: it was cut short, has changed, or belongs "
                            "to other shards; upload it again"
                        )
                return
            except OSError as error:
                if error.errno in DISK_FULL:
                    raise UserError(
                        f"the disk of {self.folder} is full: make room there, or name another folder by "
                        "--data.cache_dir or SEPCL_CACHE, and give the same command again"
                    ) from error
                if attempt == attempts - 1:
                    raise UserError(f"cannot fetch {url} ({error}): check the URL and the network") from error
                time.sleep(SECONDS_BETWEEN_ATTEMPTS * 2**attempt)

    def _copy(self, url: str, out: Summing) -> None:
        with _opened(url) as stream:
            while data := stream.read(PIECE_BYTES):
                out.write(data)


def _is_kept(path: Path, size: int | None) -> bool:
    """Whether a file was fetched before and is still whole, as far as its size tells."""
    return path.is_file() and size in (None, path.stat().st_size)


def _opened(url: str) -> Any:
    try:
        from webdataset.gopen import gopen
    except ImportError as error:
        raise UserError(f"shards at {url} need webdataset: pip install 'lightning_sepcl[stream]'") from error
    try:
        return gopen(url, "rb")
    except ValueError as error:
        raise UserError(f"webdataset cannot open {url}: write pipe: and a command that prints the file") from error
