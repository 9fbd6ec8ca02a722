"""Unpacks `.zip` (also split ones) and `.tar.gz` archives: all or nothing, and never outside the folder it was told.

Everything is first unpacked into a folder of its own, which an interrupted run leaves and the next one clears; then
each wanted file or folder is moved to its place by one rename, so that what lies there is whole.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

from lightning_sepcl.data.byte_progress import byte_progress, readable_bytes
from lightning_sepcl.data.split_zip import joined
from lightning_sepcl.errors import DISK_FULL, UserError

CHUNK = 1 << 20
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError)
"""What the readers raise for an archive that is damaged or cut short; a bad gzip stream is an OSError besides."""


@runtime_checkable
class _Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


def unpack(archive: Sequence[Path], staging: Path, into: Path, makes: Sequence[str], inside: str = "") -> None:
    """Take some files and folders out of an archive.

    Args:
        archive: the file, or all parts of a split ZIP archive in order.
        staging: folder to unpack into at first, on the same disk as `into`; what lies there is removed.
        into: where the result shall lie.
        makes: names of the files and folders that are wanted; those that are in `into` already stay as they are.
        inside: folder within the archive that holds them.

    Raises:
        UserError: damaged, a name that leads outside, a link, something wanted is not in it, or a full disk.
    """
    name = archive[-1].name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        if archive[-1].suffix == ".zip":
            _unzip(archive, staging, inside, makes)
        else:
            _untar(archive[-1], staging, inside, makes)
        _move(staging, into, makes, name)
    except BROKEN as error:
        raise UserError(f"{name} is damaged ({error}): remove {archive[-1]} and run it again") from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise UserError(f"the disk of {into} is full: make room and run it again") from error
        if error.errno is None:  # gzip.BadGzipFile has no number: it is about the data, not the disk
            raise UserError(f"{name} is damaged ({error}): remove {archive[-1]} and run it again") from error
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unzip(archive: Sequence[Path], staging: Path, inside: str, makes: Sequence[str]) -> None:
    with joined(archive) as file, zipfile.ZipFile(file) as opened:
        wanted = []
        for info in opened.infolist():
            path = _place(info.filename, inside, makes, archive[-1].name)
            if path and not info.is_dir():
                _refuse(_is_link(info), info.filename, archive[-1].name, "is a link")
                wanted.append((info, path))
        total = sum(info.file_size for info, _ in wanted)
        _refuse_full_disk(staging, total, archive[-1].name)
        with byte_progress(f"unpacking {archive[-1].name}", total) as advance:
            for info, path in wanted:
                with opened.open(info) as source:
                    _write(source, staging / path, advance)


def _untar(archive: Path, staging: Path, inside: str, makes: Sequence[str]) -> None:
    # The size of the content is not known beforehand: progress is that of the packed bytes.
    with (
        archive.open("rb") as file,
        byte_progress(f"unpacking {archive.name}", archive.stat().st_size) as advance,
        gzip.GzipFile(fileobj=file) as packed,
        tarfile.open(fileobj=packed, mode="r:") as opened,
    ):
        for member, path in _members(opened, inside, makes, archive.name):
            before = file.tell()
            source = opened.extractfile(member)
            assert source is not None
            _write(source, staging / path, lambda count: None)
            advance(file.tell() - before)
        while packed.read(CHUNK):  # up to the very end, where the checksum stands
            pass


def _members(
    opened: tarfile.TarFile, inside: str, makes: Sequence[str], name: str
) -> Iterator[tuple[tarfile.TarInfo, str]]:
    for member in opened:
        path = _place(member.name, inside, makes, name)
        if path and not member.isdir():
            _refuse(not member.isfile(), member.name, name, "is a link or a device")
            yield member, path


def _place(member: str, inside: str, makes: Sequence[str], name: str) -> str:
    """Where a member goes, relative to the staging folder; empty where it is not wanted.

    Raises:
        UserError: it leads outside, wanted or not: such an archive is not to be trusted.
    """
    path = PurePosixPath(member.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0])
    _refuse(bool(outside), member, name, "leads outside the folder")
    if inside and not path.is_relative_to(inside):
        return ""
    path = path.relative_to(inside) if inside else path
    return str(path) if path.parts and path.parts[0] in makes else ""


def _refuse(wrong: bool, member: str, name: str, why: str) -> None:
    if wrong:
        raise UserError(f"{name} holds {member!r}, which {why}: the archive is not trusted, nothing was unpacked")


def _is_link(info: zipfile.ZipInfo) -> bool:
    kind = (info.external_attr >> 16) & 0o170000
    return kind == 0o120000


def _write(source: _Readable, path: Path, advance: Callable[[int], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while chunk := source.read(CHUNK):
            file.write(chunk)
            advance(len(chunk))


def _move(staging: Path, into: Path, makes: Sequence[str], name: str) -> None:
    absent = [make for make in makes if not (staging / make).exists()]
    if absent:
        raise UserError(f"{name} does not hold {', '.join(absent)}: it is not the archive that was expected")
    into.mkdir(parents=True, exist_ok=True)
    for make in makes:
        if not (into / make).exists():
            os.replace(staging / make, into / make)


def _refuse_full_disk(folder: Path, needed: int, name: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"unpacking {name} needs {readable_bytes(needed)} in {folder.parent}, where {readable_bytes(free)} are "
            "free: make room and run it again"
        )
