from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import time

import pytest

from lightning_sepcl.data import download as module
from lightning_sepcl.data.download import DownloadError, Patience, download
from tests.fakes.file_server import FileServer, Served

DATA = bytes(range(256)) * 4000  # about a megabyte
OTHER = DATA[::-1]
SHA = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
MD5 = f"md5:{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.05, timeout=5.0)


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "CHUNK", 1 << 14)
    with FileServer() as running:
        yield running


@pytest.fixture
def target(tmp_path):
    return tmp_path / "deep" / "clips.zip"


def get(server, target, path="/clips.zip", **kwargs):
    return download(f"{server.url}{path}", target, **({"patience": QUICK} | kwargs))


def left(target):
    """Names beside the target."""
    return sorted(p.name for p in target.parent.iterdir())


def test_a_file_arrives_whole_with_its_checksum(server, target):
    server.files["/clips.zip"] = Served(DATA)
    assert get(server, target, size=len(DATA), checksum=SHA) == SHA
    assert target.read_bytes() == DATA
    assert left(target) == ["clips.zip"]


def test_without_a_published_checksum_the_sha256_is_told(server, target):
    server.files["/clips.zip"] = Served(DATA)
    assert get(server, target) == SHA
    assert get(server, target, checksum=MD5) == MD5  # there already: verified, not asked for again
    assert len(server.requests) == 1


def test_redirects_are_followed_with_the_range(server, target):
    server.files["/clips.zip"] = Served(b"", redirect="/moved")
    server.files["/moved"] = Served(DATA, fails=[-300_000])
    assert get(server, target) == SHA
    assert server.ranges() == ["", "", "bytes=300000-", "bytes=300000-"]


@pytest.mark.parametrize("lengths", [True, False])
def test_a_broken_connection_is_continued(server, target, lengths):
    if not lengths:  # then an early end cannot be told from the end but by size and checksum
        server.files["/clips.zip"] = Served(DATA, lengths=False)
        assert get(server, target, size=len(DATA), checksum=SHA) == SHA
        return
    server.files["/clips.zip"] = Served(DATA, fails=[-100_000, -200_000, 503])
    assert get(server, target, checksum=SHA) == SHA
    assert server.ranges() == ["", "bytes=100000-", "bytes=300000-", "bytes=300000-"]


def test_a_server_without_ranges_starts_over(server, target):
    server.files["/clips.zip"] = Served(DATA, ranges=False, fails=[-100_000])
    assert get(server, target, checksum=SHA) == SHA
    assert server.ranges() == ["", "bytes=100000-"]


def test_a_server_that_always_starts_over_and_breaks_off_is_given_up(server, target):
    server.files["/clips.zip"] = Served(DATA, ranges=False, fails=[-100_000] * 50)
    with pytest.raises(DownloadError, match=r"broke off after 100000 of 1024000 bytes \(3 attempts in a row\)"):
        get(server, target)
    assert len(server.requests) <= 5
    assert not target.exists()


@pytest.mark.parametrize("heeds_if_range", [True, False], ids=["whole file", "part of the new file"])
@pytest.mark.parametrize("told_by", ["etag", "modified", "length"])
def test_a_file_that_changed_meanwhile_starts_over(server, target, told_by, heeds_if_range):
    """Whether the server looks at If-Range or not, and by whatever it tells: parts are never joined."""
    old, new = DATA, OTHER
    validators = [{"etag": "", "modified": ""}, {"etag": "", "modified": ""}]
    if told_by == "etag":
        validators = [{"etag": '"old"'}, {"etag": '"new"'}]
    elif told_by == "modified":
        dates = ("Mon, 01 Jan 2024 00:00:00 GMT", "Tue, 02 Jan 2024 00:00:00 GMT")
        validators = [{"etag": "", "modified": date} for date in dates]
    else:
        new = OTHER + b"more"
    server.files["/clips.zip"] = Served(old, fails=[-100_000, 503, 503, 503], **validators[0])
    with pytest.raises(DownloadError, match=r"503 .* are kept, run it again to go on"):
        get(server, target)
    assert left(target) == ["clips.zip.part", "clips.zip.part.json"]
    server.files["/clips.zip"] = Served(new, heeds_if_range=heeds_if_range, **validators[1])
    assert get(server, target) == f"sha256:{hashlib.sha256(new).hexdigest()}"
    assert target.read_bytes() == new


def test_a_file_that_became_shorter_starts_over(server, target):
    server.files["/clips.zip"] = Served(DATA, fails=[-100_000, 404])
    with pytest.raises(DownloadError, match="404"):
        get(server, target)
    server.files["/clips.zip"] = Served(b"short", etag="", heeds_if_range=False)
    get(server, target)
    assert target.read_bytes() == b"short"


def test_another_checksum_is_refused_and_removed(server, target):
    server.files["/clips.zip"] = Served(OTHER)
    with pytest.raises(DownloadError) as refused:
        get(server, target, size=len(DATA), checksum=SHA)
    assert SHA in str(refused.value)
    assert hashlib.sha256(OTHER).hexdigest() in str(refused.value)
    assert left(target) == []
    target.write_bytes(OTHER)  # nor is one taken that lies there already
    with pytest.raises(DownloadError, match="the file was removed"):
        get(server, target, checksum=SHA)
    assert left(target) == []


def test_a_page_instead_of_the_file_is_refused_before_it_is_read(server, target):
    server.files["/clips.zip"] = Served(b"<html>maintenance</html>")
    with pytest.raises(DownloadError, match="has 24 bytes, but the published file has 1024000: it is another file"):
        get(server, target, size=len(DATA))
    assert left(target) == []


def test_an_early_end_without_a_length_is_told_by_the_size(server, target):
    server.files["/clips.zip"] = Served(DATA[:1000], lengths=False)
    with pytest.raises(DownloadError, match="gave 1000 bytes, but the published file has 1024000: it was removed"):
        get(server, target, size=len(DATA))
    assert left(target) == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_final(server, target, status):
    server.files["/clips.zip"] = Served(DATA, fails=[status] * 9)
    with pytest.raises(DownloadError, match=rf"/clips.zip: the server answers {status} \w+"):
        get(server, target)
    assert len(server.requests) == 1


def test_a_passing_failure_is_tried_again_with_growing_waits(server, target, monkeypatch):
    waits = []
    monkeypatch.setattr(module.time, "sleep", waits.append)
    server.files["/clips.zip"] = Served(DATA, fails=[503, 429, 500, 502])
    patience = Patience(attempts=5, first_wait=1.0, longest_wait=5.0, timeout=5.0)
    assert get(server, target, patience=patience) == SHA
    assert waits == [1, 2, 4, 5]


def test_the_server_may_ask_for_a_longer_wait(server, target, monkeypatch):
    waits = []
    monkeypatch.setattr(module.time, "sleep", waits.append)
    server.files["/clips.zip"] = Served(DATA, fails=[503, 503], retry_after="7")
    get(server, target, patience=Patience(first_wait=1.0, longest_wait=60.0, timeout=5.0))
    assert waits == [7, 7]


def test_no_server_at_all(server, target):
    with FileServer() as gone:
        url = f"{gone.url}/clips.zip"
    with pytest.raises(DownloadError, match=r"no connection \(.*refused.*\) \(3 attempts in a row\)$"):
        download(url, target, patience=QUICK)


def test_a_server_that_falls_silent_is_given_up(server, target):
    server.files["/clips.zip"] = Served(DATA, silent_after=300_000)
    with pytest.raises(DownloadError, match=r"the connection broke \(.*timed out\).* 300 kB are kept"):
        get(server, target, patience=Patience(2, 0.01, 0.01, timeout=0.2))


def test_a_full_disk_is_told_beforehand(server, target, monkeypatch):
    server.files["/clips.zip"] = Served(DATA)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(DownloadError, match=r"clips.zip needs 1\.0 MB more in .*, where 1\.0 kB are free"):
        get(server, target)


def test_a_disk_that_fills_up_keeps_the_part(server, target, monkeypatch):
    server.files["/clips.zip"] = Served(DATA)

    put = module._Download.put

    def put_until_full(self, file, chunk):
        put(self, FullDisk() if file.tell() > 200_000 else file, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(module._Download, "put", put_until_full)
        with pytest.raises(DownloadError, match=r"the disk of .* is full: make room and run it again"):
            get(server, target)
    assert get(server, target, checksum=SHA) == SHA
    assert server.ranges()[1].startswith("bytes=2")


class FullDisk:
    """A file that takes nothing more."""

    def write(self, chunk):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_part_that_nobody_knows_about_is_not_continued(server, target):
    target.parent.mkdir()
    target.with_name("clips.zip.part").write_bytes(OTHER[:5000])
    server.files["/clips.zip"] = Served(DATA)
    assert get(server, target) == SHA
    target.unlink()
    target.with_name("clips.zip.part").write_bytes(OTHER[:5000])
    target.with_name("clips.zip.part.json").write_text('{"url": ')
    assert get(server, target) == SHA
    assert server.ranges() == ["", ""]


def test_a_complete_part_is_not_asked_for_again(server, target):
    """Killed between the last byte and the renaming."""
    target.parent.mkdir()
    target.with_name("clips.zip.part").write_bytes(DATA)
    state = {"url": f"{server.url}/clips.zip", "etag": "", "modified": "", "length": len(DATA)}
    target.with_name("clips.zip.part.json").write_text(json.dumps(state))
    assert get(server, target, checksum=SHA) == SHA
    assert server.requests == []


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_killed_download_is_continued(server, target):
    """SIGKILL in the middle; afterwards only the rest is asked for."""
    server.files["/clips.zip"] = Served(DATA, bytes_per_second=400_000.0)
    process = multiprocessing.get_context("fork").Process(target=get, args=(server, target))
    process.start()
    part = target.with_name("clips.zip.part")
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size > 100_000):
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.join()
    have = part.stat().st_size
    assert 100_000 < have < len(DATA)
    server.files["/clips.zip"] = Served(DATA)
    assert get(server, target, checksum=SHA) == SHA
    assert server.ranges() == ["", f"bytes={have}-"]
    assert left(target) == ["clips.zip"]
