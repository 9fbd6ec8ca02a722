from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile

import numpy as np
import pytest

from lightning_sepcl.data import split_zip
from lightning_sepcl.data.split_zip import joined

CONTENT = {f"set/clip{i}.wav": np.random.default_rng(i).bytes(10_000 + 1000 * i) for i in range(9)}


def split(folder, part_bytes, content=CONTENT, wide=False):
    """A split archive made by hand from a plain one: its bytes cut, the places in its directory counted anew.

    `wide` writes all places in ZIP64 fields, as archives with very many or very large files have them.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as plain:
        for name, data in content.items():
            plain.writestr(name, data)
        infos, begin = plain.infolist(), plain.start_dir
    end = plain.start_dir
    files = b"PK\x07\x08" + buffer.getvalue()[:end]  # the mark of split archives moves everything by four bytes
    directory = b"".join(entry(info, divmod(info.header_offset + 4, part_bytes), wide) for info in infos)
    first = divmod(begin + 4, part_bytes)
    whole = files + directory
    last = len(whole) // part_bytes
    count = len(infos)
    if wide:
        here = divmod(len(whole), part_bytes)
        record = struct.pack(
            "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, last, first[0], count, count, len(directory), first[1]
        )
        whole += record
        last = (len(whole) + 20 + 22) // part_bytes
        record = bytearray(record)
        struct.pack_into("<L", record, 16, last)
        whole = whole[: -len(record)] + bytes(record)
        whole += struct.pack("<4sLQL", b"PK\x06\x07", here[0], here[1], last + 1)
        whole += struct.pack("<4s4H2LH", b"PK\x05\x06", 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    else:
        whole += struct.pack("<4s4H2LH", b"PK\x05\x06", last, first[0], count, count, len(directory), first[1], 0)
    pieces = [whole[i : i + part_bytes] for i in range(0, len(whole), part_bytes)]
    assert len(pieces) == last + 1
    names = [f"a.z{i:02d}" for i in range(1, len(pieces))] + ["a.zip"]
    for name, piece in zip(names, pieces, strict=True):
        (folder / name).write_bytes(piece)
    return [folder / name for name in names]


def entry(info, place, wide):
    """A line of the directory, written from the format's description."""
    disk, offset = place
    name, extra = info.filename.encode(), b"\x99\x99\x02\x00hi"
    numbers = [info.compress_size, info.file_size, disk, offset]
    if wide:
        extra += struct.pack("<2H3QL", 1, 28, info.file_size, info.compress_size, offset, disk)
        numbers = [0xFFFFFFFF, 0xFFFFFFFF, 0xFFFF, 0xFFFFFFFF]
    head = struct.pack("<4s4H4L", b"PK\x01\x02", 20, 20, 0, info.compress_type, 0, info.CRC, numbers[0], numbers[1])
    # `<4s4H4L` has time and date as one number; the rest is lengths, disk, attributes, place
    return head + struct.pack("<5H2L", len(name), len(extra), 0, numbers[2], 0, 0, numbers[3]) + name + extra


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("part_bytes", [7000, 12_345, 50_000])
def test_all_files_of_a_split_archive_are_read(tmp_path, part_bytes, wide):
    parts = split(tmp_path, part_bytes, wide=wide)
    assert len(parts) > 1
    with joined(parts) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT
        assert archive.infolist()[0].extra == b"\x99\x99\x02\x00hi"


def test_the_directory_itself_may_be_cut(tmp_path):
    content = {f"{i:04d}": b"x" for i in range(200)}
    parts = split(tmp_path, 3000, content)
    with joined(parts) as file, zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 200
        assert archive.read("0199") == b"x"


def test_places_beyond_four_gigabytes_become_zip64():
    """Without writing such an archive: the directory of one whose parts are as long as FSD50K's."""
    part = 3_221_225_472
    info = zipfile.ZipInfo("far.wav")
    info.compress_size = info.file_size = 77
    info.CRC = 0
    line = split_zip._rewritten(entry(info, (5, 1234), wide=False), 1, [i * part for i in range(6)])
    assert struct.unpack_from("<H", line, 34) == (0,)
    assert struct.unpack_from("<L", line, 42) == (0xFFFFFFFF,)
    assert line[46 + 7 :] == struct.pack("<2HQ", 1, 8, 5 * part + 1234) + b"\x99\x99\x02\x00hi"


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs the program zip")
def test_an_archive_that_the_program_zip_split(tmp_path):
    content = {f"clips/{i}.wav": np.random.default_rng(i).bytes(50_000) for i in range(6)}
    for name, data in content.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    subprocess.run(["zip", "-q", "-r", "-s", "64k", "set.zip", "clips"], cwd=tmp_path, check=True)
    parts = [*sorted(tmp_path.glob("set.z[0-9]*")), tmp_path / "set.zip"]
    assert len(parts) > 3
    with joined(parts) as file, zipfile.ZipFile(file) as archive:
        assert {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()} == content


def test_a_single_archive_is_opened_as_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as plain:
        plain.writestr("b", "c")
    with joined([tmp_path / "a.zip"]) as file, zipfile.ZipFile(file) as archive:
        assert archive.read("b") == b"c"


WRONG = {
    "a part is missing": (lambda parts: parts[1:], r"the archive has \d+ parts, \d+ are given"),
    "the last is missing": (lambda parts: parts[:-1], "no end of a ZIP archive in the last part"),
    "one too many": (lambda parts: [parts[0], *parts], r"the archive has \d+ parts, \d+ are given"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parts_are_told(tmp_path, change, why):
    with pytest.raises(zipfile.BadZipFile, match=why):
        joined(change(split(tmp_path, 12_345)))


def test_a_cut_part_is_told(tmp_path):
    parts = split(tmp_path, 12_345)
    parts[0].write_bytes(parts[0].read_bytes()[:-500])
    with pytest.raises(zipfile.BadZipFile):
        contents(parts)


def contents(parts):
    with joined(parts) as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
