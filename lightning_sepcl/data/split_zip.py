"""Reads a split ZIP archive (`.z01`, `.z02`, ..., `.zip`) as if it were one file, without joining it on disk.

In a split archive the directory at the end says of each file in which part it begins, and where within that part.
Python's `zipfile` reads single archives only, so it is handed the parts one behind the other and, in memory, the
directory rewritten for them. Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import bisect
import io
import struct
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

END, END_64, LOCATOR_64, ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
END_BYTES, LOCATOR_BYTES, ENTRY_BYTES = 22, 20, 46
FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF
"""What stands in a field whose number is too large for it: the number is in the ZIP64 extra field then."""


def joined(parts: Sequence[Path]) -> io.BufferedReader:
    """The archive as one file that `zipfile.ZipFile` can read; to be closed by the caller.

    Args:
        parts: all parts in order, the one that ends in `.zip` last; a single one is simply opened.

    Raises:
        BadZipFile: no such archive, or a part too few or too many.
    """
    if len(parts) == 1:
        return parts[0].open("rb")
    raw = _Parts(parts)
    try:
        directory, count, begin = _directory(raw)
        entries = _rewritten(directory, count, raw.starts)
    except (BadZipFile, struct.error) as error:
        raw.close()
        raise BadZipFile(str(error)) from error
    raw.replace_tail(begin, entries + _end(count, len(entries), begin))
    return io.BufferedReader(raw)


class _Parts(io.RawIOBase):
    """Files one behind the other, of which the tail can be replaced by bytes in memory."""

    def __init__(self, parts: Sequence[Path]) -> None:
        sizes = [part.stat().st_size for part in parts]
        self.starts = [0, *accumulate(sizes)][:-1]
        self.size, self.place = sum(sizes), 0
        self.files = [part.open("rb") for part in parts]
        self.tail, self.tail_begin = b"", self.size

    def replace_tail(self, begin: int, tail: bytes) -> None:
        self.tail, self.tail_begin, self.size = tail, begin, begin + len(tail)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence] + offset
        return self.place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._piece(len(view))
        view[: len(data)] = data
        self.place += len(data)
        return len(data)

    def _piece(self, count: int) -> bytes:
        """At most `count` bytes from where we stand, of one part."""
        if self.place >= self.tail_begin:
            first = self.place - self.tail_begin
            return self.tail[first : first + count]
        number = bisect.bisect_right(self.starts, self.place) - 1
        self.files[number].seek(self.place - self.starts[number])
        return self.files[number].read(min(count, self.tail_begin - self.place))

    def close(self) -> None:
        for file in self.files:
            file.close()
        super().close()


def _read(raw: _Parts, begin: int, count: int) -> bytes:
    """`count` bytes from `begin`, across parts."""
    raw.seek(begin)
    pieces = io.BufferedReader(raw)
    data = pieces.read(count)
    pieces.detach()
    if len(data) < count:
        raise BadZipFile("the archive ends early: is a part missing?")
    return data


def _directory(raw: _Parts) -> tuple[bytes, int, int]:
    """The directory's bytes, how many files it lists, and where it begins."""
    reach = min(raw.size, END_BYTES + FULL_16)  # a comment may follow the end record
    tail = _read(raw, raw.size - reach, reach)
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < END_BYTES:
        raise BadZipFile("no end of a ZIP archive in the last part")
    disk, first_disk, _, count, size, offset = struct.unpack_from("<4H2L", tail, place + 4)
    locator = raw.size - reach + place - LOCATOR_BYTES
    if locator >= 0 and _read(raw, locator, 4) == LOCATOR_64:
        end_disk, end_offset = struct.unpack("<LQ", _read(raw, locator + 4, 12))
        end = _read(raw, _absolute(raw.starts, end_disk, end_offset), 56)
        if not end.startswith(END_64):
            raise BadZipFile("the ZIP64 end record is not where it should be")
        disk, first_disk, _, count, size, offset = struct.unpack_from("<2L4Q", end, 16)
    if disk + 1 != len(raw.starts):
        raise BadZipFile(f"the archive has {disk + 1} parts, {len(raw.starts)} are given")
    begin = _absolute(raw.starts, first_disk, offset)
    return _read(raw, begin, size), count, begin


def _rewritten(directory: bytes, count: int, starts: Sequence[int]) -> bytes:
    """The directory with the places of files counted from the beginning of the first part."""
    out, place = [], 0
    for _ in range(count):
        if directory[place : place + 4] != ENTRY:
            raise BadZipFile("the directory of the archive is damaged")
        header = bytearray(directory[place : place + ENTRY_BYTES])
        lengths = struct.unpack_from("<3H", header, 28)  # of name, extra field, comment
        rest = directory[place + ENTRY_BYTES : place + ENTRY_BYTES + sum(lengths)]
        name, extra, comment = rest[: lengths[0]], rest[lengths[0] : sum(lengths[:2])], rest[sum(lengths[:2]) :]
        extra = _moved(header, extra, starts)
        struct.pack_into("<H", header, 30, len(extra))
        out.append(bytes(header) + name + extra + comment)
        place += ENTRY_BYTES + sum(lengths)
    return b"".join(out)


def _moved(header: bytearray, extra: bytes, starts: Sequence[int]) -> bytes:
    """Rewrites the place of one file in its directory header; returns its extra field, with ZIP64 where needed."""
    packed, unpacked = struct.unpack_from("<2L", header, 20)
    (disk,), (offset,) = struct.unpack_from("<H", header, 34), struct.unpack_from("<L", header, 42)
    others, wide = _without_zip64(extra)
    place = 0
    if unpacked == FULL_32:
        (unpacked,), place = struct.unpack_from("<Q", wide, place), place + 8
    if packed == FULL_32:
        (packed,), place = struct.unpack_from("<Q", wide, place), place + 8
    if offset == FULL_32:
        (offset,), place = struct.unpack_from("<Q", wide, place), place + 8
    if disk == FULL_16:
        (disk,) = struct.unpack_from("<L", wide, place)
    offset = _absolute(starts, disk, offset)
    large = [number for number in (unpacked, packed, offset) if number >= FULL_32]
    struct.pack_into("<2L", header, 20, min(packed, FULL_32), min(unpacked, FULL_32))
    struct.pack_into("<H", header, 34, 0)
    struct.pack_into("<L", header, 42, min(offset, FULL_32))
    return (struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b"") + others


def _without_zip64(extra: bytes) -> tuple[bytes, bytes]:
    """The other extra fields as they are, and the content of the ZIP64 one."""
    others, wide, place = b"", b"", 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        field = extra[place : place + 4 + length]
        others, wide = (others, field[4:]) if kind == 1 else (others + field, wide)
        place += 4 + length
    return others, wide


def _absolute(starts: Sequence[int], disk: int, offset: int) -> int:
    if disk >= len(starts):
        raise BadZipFile(f"the archive has a part {disk + 1}, {len(starts)} are given")
    return starts[disk] + offset


def _end(count: int, size: int, begin: int) -> bytes:
    """The end of a single archive, ZIP64 always: zipfile reads it, whatever the numbers."""
    here = begin + size
    end_64 = END_64 + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, count, count, size, begin)
    locator = LOCATOR_64 + struct.pack("<LQL", 0, here, 1)
    end = END + struct.pack("<4H2LH", 0, 0, FULL_16, FULL_16, FULL_32, FULL_32, 0)
    return end_64 + locator + end
