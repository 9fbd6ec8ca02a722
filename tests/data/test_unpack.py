from __future__ import annotations

import errno
import io
import multiprocessing
import tarfile
import time
import zipfile

import numpy as np
import pytest

from lightning_sepcl.data import unpack as module
from lightning_sepcl.data.unpack import unpack
from lightning_sepcl.errors import UserError

FILES = {"set-1/audio/a.wav": b"a" * 5000, "set-1/audio/deep/b.wav": b"b", "set-1/meta/list.csv": b"x,y\n"}
EXTRA = {"set-1/.github/workflow": b"no", "set-1/README.md": b"no", "elsewhere/audio/c.wav": b"no"}


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


WRITERS = {"a.zip": write_zip, "a.tar.gz": write_tar}


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def take(archive, tmp_path, makes=("audio", "meta"), inside="set-1"):
    unpack([archive], tmp_path / "into/.work/unpacking", tmp_path / "into", makes, inside)
    return tree(tmp_path / "into")


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    return lambda files: WRITERS[request.param](tmp_path / request.param, files)


def test_what_is_wanted_is_taken_and_nothing_else(write, tmp_path):
    assert take(write(FILES | EXTRA), tmp_path) == {name.removeprefix("set-1/"): data for name, data in FILES.items()}
    assert not (tmp_path / "into/.work/unpacking").exists()


def test_an_archive_without_a_folder_of_its_own(write, tmp_path):
    archive = write({"./yes/1.wav": b"1", "./list.txt": b"2", "./no/2.wav": b"3"})
    assert take(archive, tmp_path, ("list.txt", "yes"), "") == {"list.txt": b"2", "yes/1.wav": b"1"}


@pytest.mark.parametrize(
    "name", ["../out.wav", "set-1/audio/../../../out.wav", "/tmp/out.wav", "..\\out.wav", "C:/out.wav"]
)
def test_a_name_that_leads_outside_is_refused(write, tmp_path, name):
    archive = write(FILES | {name: b"evil"})
    with pytest.raises(UserError, match=r"which leads outside the folder: the archive is not trusted"):
        take(archive, tmp_path)
    assert tree(tmp_path).keys() == {archive.name}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("set-1/audio/x")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(UserError, match="'set-1/audio/x', which is a link or a device"):
        take(tmp_path / "a.tar.gz", tmp_path)


def test_links_in_a_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("set-1/audio/x")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match="'set-1/audio/x', which is a link"):
        take(tmp_path / "a.zip", tmp_path)


def test_no_file_can_be_run_afterwards(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("audio/x")
        info.mode = 0o4777
        archive.addfile(info, io.BytesIO(b""))
    take(tmp_path / "a.tar.gz", tmp_path, ("audio",), "")
    assert not (tmp_path / "into/audio/x").stat().st_mode & 0o111


def test_something_missing_leaves_nothing(write, tmp_path):
    archive = write({"set-1/audio/a.wav": b"a"})
    with pytest.raises(UserError, match="does not hold meta: it is not the archive that was expected"):
        take(archive, tmp_path)
    assert tree(tmp_path).keys() == {archive.name}


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_archive_is_told(write, tmp_path, share):
    noise = np.random.default_rng(0).bytes(200_000)
    archive = write(FILES | {"set-1/audio/noise.wav": noise})
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    with pytest.raises(UserError, match=r"is damaged \(.+\): remove .* and run it again"):
        take(archive, tmp_path)
    assert not (tmp_path / "into/audio").exists()


def test_a_flipped_bit_is_told(write, tmp_path):
    noise = np.random.default_rng(0).bytes(200_000)
    archive = write({"set-1/audio/noise.wav": noise, "set-1/meta/x": b""})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0x10
    archive.write_bytes(data)
    with pytest.raises(UserError, match="is damaged"):
        take(archive, tmp_path)
    assert not (tmp_path / "into/audio").exists()


def test_what_lies_there_stays(write, tmp_path):
    (tmp_path / "into/audio").mkdir(parents=True)
    (tmp_path / "into/audio/mine.wav").write_bytes(b"mine")
    assert take(write(FILES), tmp_path) == {"audio/mine.wav": b"mine", "meta/list.csv": b"x,y\n"}


def test_no_room_is_told_before(tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100})())
    with pytest.raises(UserError, match=r"unpacking a.zip needs 5\.0 kB in .* where 100 B are free"):
        take(write_zip(tmp_path / "a.zip", FILES), tmp_path)


def test_a_disk_that_fills_up_is_told(write, tmp_path, monkeypatch):
    def full(source, path, advance):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(UserError, match=r"the disk of .* is full: make room and run it again"):
        take(write(FILES), tmp_path)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_killed_unpacking_starts_over_cleanly(tmp_path, monkeypatch):
    """SIGKILL in the middle: nothing half lies in its place, and the next run is as if it had not been."""
    files = {f"set-1/audio/{i}.wav": b"x" * 1000 for i in range(200)} | {"set-1/meta/x": b"y"}
    archive = write_zip(tmp_path / "a.zip", files)
    write = module._write

    def slowly(*args):
        time.sleep(0.01)
        write(*args)

    with monkeypatch.context() as patched:
        patched.setattr(module, "_write", slowly)
        process = multiprocessing.get_context("fork").Process(target=take, args=(archive, tmp_path))
        process.start()
    staging = tmp_path / "into/.work/unpacking"
    deadline = time.monotonic() + 30
    while len(list(staging.rglob("*.wav"))) < 20:
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.join()
    assert {p.name for p in (tmp_path / "into").iterdir()} == {".work"}
    (staging / "left.wav").write_bytes(b"of the first attempt")
    assert take(archive, tmp_path).keys() == {name.removeprefix("set-1/") for name in files}
    assert not staging.exists()
