from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pytest
from filelock import FileLock

from lightning_sepcl.data import prepare as module
from lightning_sepcl.data.download import DownloadError, Patience
from lightning_sepcl.data.prepare import arrivals, missing, prepare
from lightning_sepcl.data.publications import Parcel, Publication, RemoteFile
from lightning_sepcl.errors import UserError
from tests.fakes.file_server import FileServer, Served

QUICK = Patience(attempts=2, first_wait=0.01, longest_wait=0.01, timeout=5.0)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


AUDIO = zipped({"set-1/audio/a.wav": b"sound", "set-1/junk": b"junk"})
LIST = b"file,label\na.wav,dog\n"
SHA = {name: f"sha256:{hashlib.sha256(data).hexdigest()}" for name, data in (("audio", AUDIO), ("list", LIST))}


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as running:
        running.files |= {"/list.csv": Served(LIST), "/audio.zip": Served(AUDIO)}
        yield running


def publication(server, checksum=SHA["audio"]):
    plain = Parcel((RemoteFile(f"{server.url}/list.csv"),), ("list.csv",), archive=False)
    audio = Parcel((RemoteFile(f"{server.url}/audio.zip", len(AUDIO), checksum),), ("audio",), inside="set-1")
    return Publication("Set", ("ESC50",), "Set", "CC0", "nobody 2024", server.url, (plain, audio))


def ready(server, tmp_path, **kwargs):
    told = []
    prepare(publication(server), tmp_path / "Set", patience=QUICK, tell=told.append, **kwargs)
    return told


def tree(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_everything_lies_in_its_place_and_is_written_down(server, tmp_path):
    told = ready(server, tmp_path)
    assert tree(tmp_path / "Set") == ["audio/a.wav", "downloads.csv", "list.csv"]
    assert missing(publication(server), tmp_path / "Set") == []
    assert told == [
        f"  list.csv: 21 B, {SHA['list']} (none is published to compare with)",
        f"  audio.zip: {len(AUDIO)} B, {SHA['audio']} (as published)",
    ]
    with (tmp_path / "Set/downloads.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(x["file"], x["checksum"], x["published"]) for x in lines] == [
        ("list.csv", SHA["list"], "no"),
        ("audio.zip", SHA["audio"], "yes"),
    ]
    assert [x.bytes for x in arrivals(tmp_path / "Set")] == [len(LIST), len(AUDIO)]


def test_a_second_time_nothing_is_asked_for(server, tmp_path):
    ready(server, tmp_path)
    before = len(server.requests)
    assert ready(server, tmp_path) == []
    assert len(server.requests) == before


def test_only_what_is_missing_is_fetched(server, tmp_path):
    (tmp_path / "Set/audio").mkdir(parents=True)
    (tmp_path / "Set/audio/mine.wav").write_bytes(b"mine")
    ready(server, tmp_path)
    assert [path for path, _ in server.requests] == ["/list.csv"]
    assert tree(tmp_path / "Set") == ["audio/mine.wav", "downloads.csv", "list.csv"]


def test_archives_can_be_kept(server, tmp_path):
    ready(server, tmp_path, keep=True)
    assert (tmp_path / "Set/.download/audio.zip").read_bytes() == AUDIO
    assert not (tmp_path / "Set/.download/list.csv").exists()  # lists are looked for by name, and must lie once only


def test_after_a_failure_it_goes_on(server, tmp_path):
    server.files["/audio.zip"].fails = [-50, 503]
    with pytest.raises(DownloadError, match="50 B are kept"):
        ready(server, tmp_path)
    assert (tmp_path / "Set/list.csv").exists()
    assert not (tmp_path / "Set/audio").exists()
    ready(server, tmp_path)
    assert [path for path, _ in server.requests].count("/list.csv") == 1
    assert server.ranges()[-1] == "bytes=50-"
    assert tree(tmp_path / "Set") == ["audio/a.wav", "downloads.csv", "list.csv"]


def test_another_file_is_never_used(server, tmp_path):
    server.files["/audio.zip"] = Served(zipped({"set-1/audio/a.wav": b"dupes", "set-1/junk": b"junk"}))
    with pytest.raises(DownloadError, match=f"but {SHA['audio']} was expected"):
        ready(server, tmp_path)
    assert not list((tmp_path / "Set").rglob("*.zip*"))
    assert not (tmp_path / "Set/audio").exists()


def test_the_sums_of_another_machine_are_demanded(server, tmp_path):
    ready(server, tmp_path)
    record = (tmp_path / "Set/downloads.csv").read_text()
    (tmp_path / "second/Set").mkdir(parents=True)
    (tmp_path / "second/Set/downloads.csv").write_text(record)
    assert ready(server, tmp_path / "second")[0].endswith("(as in downloads.csv)")
    (tmp_path / "third/Set").mkdir(parents=True)
    (tmp_path / "third/Set/downloads.csv").write_text(record)
    server.files["/list.csv"] = Served(LIST + b"b.wav,cat\n")
    with pytest.raises(DownloadError, match=f"but {SHA['list']} was expected"):
        ready(server, tmp_path / "third")


def test_a_record_that_is_none_is_told(server, tmp_path):
    (tmp_path / "Set").mkdir()
    (tmp_path / "Set/downloads.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"downloads.csv should have the columns file, bytes, checksum"):
        ready(server, tmp_path)


def test_a_failure_that_left_nothing_leaves_no_folder(server, tmp_path):
    server.files.clear()
    with pytest.raises(DownloadError, match="404"):
        ready(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_are_told_apart(server, tmp_path):
    (tmp_path / "Set/.download").mkdir(parents=True)
    with (
        FileLock(tmp_path / "Set/.download/lock"),
        pytest.raises(UserError, match=r"another process is preparing .*: wait until it has ended"),
    ):
        ready(server, tmp_path)


def test_no_room_is_told_before_anything_is_fetched(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(UserError, match=r"Set needs about \d+ B, 10 B are free: make room or choose another --root"):
        ready(server, tmp_path)
    assert server.requests == []


def test_a_place_that_cannot_be(server, tmp_path):
    (tmp_path / "Set").write_text("a file")
    with pytest.raises(UserError, match=r"cannot make the folder .* choose another --root"):
        ready(server, tmp_path)
