"""Shards behind a URL: fetched once, compared, kept; what goes wrong on the way is told in a sentence."""

from __future__ import annotations

import errno
import json
import shutil
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from lightning_sepcl.data import shard_place as module
from lightning_sepcl.data.shard_place import LocalShards, RemoteShards, shard_place
from lightning_sepcl.data.shard_reader import ShardReader
from lightning_sepcl.data.shard_verify import verify_shards
from lightning_sepcl.errors import UserError
from tests.fakes.written_shards import noise_data, write

pytest.importorskip("webdataset")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_ATTEMPTS", 0.0)


@pytest.fixture
def written(tmp_path):
    write(tmp_path / "s")
    return tmp_path / "s"


def piped(folder):
    return f"pipe:cat {folder}/{{}}"


def test_a_folder_and_a_url_are_told_apart(tmp_path, written):
    assert isinstance(shard_place(str(written)), LocalShards)
    assert isinstance(shard_place("data/shards"), LocalShards)
    for url in ("https://host/shards", "gs://bucket/shards", "pipe:aws s3 cp s3://bucket/shards/{} -"):
        assert isinstance(shard_place(url, str(tmp_path)), RemoteShards)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_the_folder(written, workers):
    near = noise_data(shards=written, mixed_shards=2)
    far = noise_data(shards=piped(written), mixed_shards=2, num_workers=workers)
    for a, b in zip(near.train_dataloader(), far.train_dataloader(), strict=True):
        assert a.keys == b.keys
        assert torch.equal(a.wave, b.wave)


def test_a_shard_is_fetched_once_also_by_several_threads(tmp_path, written):
    log = tmp_path / "fetched"
    place = shard_place(f"pipe:echo {{}} >> {log} && sleep 0.2 && cat {written}/{{}}", str(tmp_path / "home"))
    shard = place.index().shards[0]
    threads = [threading.Thread(target=place.shard_file, args=(shard,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.shard_file(shard).read_bytes() == (written / shard.name).read_bytes()
    assert log.read_text().split() == ["shards.json", shard.name]


def test_what_will_be_read_is_fetched_ahead(tmp_path, written):
    reader = ShardReader(shard_place(piped(written), str(tmp_path / "home")))
    reader.ahead([1, 0])
    begun = time.monotonic()
    while len(list((tmp_path / "home").glob("*/*.tar"))) < 2 and time.monotonic() < begun + 30:
        time.sleep(0.02)
    names = {path.name[13:] for path in (tmp_path / "home").glob("*/*.tar")}
    assert names == {"train-000000.tar", "train-000001.tar"}


def test_shards_that_were_written_anew_are_fetched_anew(tmp_path, written):
    first = noise_data(shards=piped(written)).describe()
    shutil.rmtree(written)
    write(written, noise_data(clips=45))
    again = noise_data(clips=45, shards=piped(written))
    assert again.describe() != first
    assert len([key for batch in again.predict_dataloader() for key in batch.keys]) == 45


def test_over_http(tmp_path, written):
    if shutil.which("curl") is None:
        pytest.skip("webdataset opens http by curl")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert verify_shards(f"{url}/s/", workers=1).clips == {"train": 24, "val": 8, "test": 8}
        with pytest.raises(UserError, match=f"cannot fetch {url}/nowhere/shards.json"):
            shard_place(f"{url}/nowhere").index()
        server.shutdown()


def test_a_shard_that_arrives_cut_or_changed_is_told_and_not_kept(tmp_path, written):
    place = shard_place(piped(written), str(tmp_path / "home"))
    shard = place.index().shards[0]
    whole = (written / shard.name).read_bytes()
    for data in (whole[:-1000], whole[:-1] + b"x"):
        (written / shard.name).write_bytes(data)
        with pytest.raises(UserError, match=r"train-000000.tar has another SHA-256 than shards.json says: it was cut"):
            place.shard_file(shard)
        assert not list((tmp_path / "home").glob("*/*.tar"))
    (written / shard.name).unlink()
    with pytest.raises(UserError, match=r"cannot fetch pipe:cat .*train-000000.tar .*: check the URL and the network"):
        place.shard_file(shard)


def forged(said, what):
    """An index that names a file otherwise than it is written."""
    shard = said["shards"][0]
    if what == "command":
        shard["name"] = "x; touch pwned; cat /dev/null"
    elif what == "second line":
        shard["name"] += "\n"
    elif what == "path":
        shard["name"] = "../../train-000000.tar"
    elif what == "number":
        shard["name"] = 7
    elif what == "sum of a shard":
        shard["sha256"] = "../" * 4 + shard["sha256"]
    elif what == "list":
        said["lists"]["$(touch pwned)"] = said["lists"].pop("clips.csv")
    elif what == "no lists":
        said["lists"] = list(said["lists"])
    elif what == "sum of a list":
        said["lists"]["clips.csv"] = "a" * 63 + "/"
    return said


FORGED = {
    "command": r"ValueError: 'x; touch pwned; cat /dev/null' is no name of a shard",
    "second line": "is no name of a shard",
    "path": r"'\.\./\.\./train-000000\.tar' is no name of a shard",
    "number": "",
    "sum of a shard": "is no SHA-256",
    "list": r"lists \['\$\(touch pwned\)', 'manifest\.csv', 'skipped\.csv'\], not ",
    "no lists": "",
    "sum of a list": "is no SHA-256",
}


@pytest.mark.parametrize(("what", "why"), FORGED.items(), ids=FORGED)
def test_names_that_are_none_reach_neither_a_shell_nor_a_path(tmp_path, written, monkeypatch, what, why):
    monkeypatch.chdir(tmp_path)
    index = written / "shards.json"
    index.write_text(json.dumps(forged(json.loads(index.read_text()), what)))
    for where in (piped(written), str(written)):
        with pytest.raises(UserError, match=r"shards\.json is no index of shards \(.*" + why):
            ShardReader(shard_place(where, str(tmp_path / "home")))
    assert not (tmp_path / "pwned").exists()
    assert [path.name for path in (tmp_path / "home").glob("*/*") if path.suffix != ".lock"] == ["shards.json"]


def test_a_full_disk_is_told_at_once_and_as_such(tmp_path, written, monkeypatch):
    attempts = []

    def full(self, url, out):
        attempts.append(url)
        raise OSError(errno.ENOSPC, "No space left on device")

    place = shard_place(piped(written), str(tmp_path / "home"))
    shard = place.index().shards[0]
    monkeypatch.setattr(RemoteShards, "_copy", full)
    with pytest.raises(UserError, match=r"the disk of .*home/shards-\w+ is full: make room there, or name another"):
        place.shard_file(shard)
    assert len(attempts) == 1


def test_a_kept_shard_of_another_size_is_fetched_again(tmp_path, written):
    place = shard_place(piped(written), str(tmp_path / "home"))
    shard = place.index().shards[0]
    kept = place.shard_file(shard)
    kept.write_bytes(kept.read_bytes()[:-1000])
    assert place.shard_file(shard) == kept
    assert kept.read_bytes() == (written / shard.name).read_bytes()


def test_what_a_killed_process_had_fetched_of_a_shard_is_removed(tmp_path, written):
    place = shard_place(piped(written), str(tmp_path / "home"))
    shard = place.index().shards[0]
    left = next((tmp_path / "home").iterdir()) / f".{shard.sha256[:12]}-{shard.name}.4711"
    left.write_bytes(b"half")
    place.shard_file(shard)
    assert not left.exists()


def test_a_break_of_the_network_is_tried_again(tmp_path, written):
    flag = tmp_path / "up"
    url = f"pipe:if [ -e {flag} ] || [ {{}} = shards.json ]; then cat {written}/{{}}; else touch {flag}; exit 1; fi"
    place = shard_place(url, str(tmp_path / "home"))
    shard = place.index().shards[0]
    assert place.shard_file(shard).read_bytes() == (written / shard.name).read_bytes()


def test_what_webdataset_cannot_open_is_told(tmp_path):
    with pytest.raises(UserError, match=r"webdataset cannot open s3://bucket/shards\.json: write pipe: and a command"):
        shard_place("s3://bucket", str(tmp_path)).index()


def test_without_webdataset_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "webdataset.gopen", None)
    with pytest.raises(UserError, match=r"need webdataset: pip install 'lightning_sepcl\[stream\]'"):
        shard_place("https://host/shards", str(tmp_path)).index()
