from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.esc import write_esc
from tests.fakes.tar_shard import write_tar_shards
from tests.fakes.tone import cut_file


@pytest.fixture(autouse=True)
def one_process(monkeypatch, tmp_path):
    monkeypatch.delenv("SEPCL_DATA", raising=False)
    monkeypatch.setenv("SEPCL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEPCL_WORKERS", "1")


@pytest.fixture
def esc():
    return write_esc(Path("packs/ESC-50"))


def test_written_compared_and_written_again_where_it_was_damaged(sepcl, esc):
    answer = sepcl("data shard ESC50 --root packs --out s --clips_per_shard 8")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("s: 4 shard(s) of esc50, ")
    assert answer.out.endswith("; clips: 12 train, 4 val, 4 test\n")
    assert sepcl("data shard --verify s").out.endswith("; all as they were written\n")
    with Path("s/train-000001.tar").open("r+b") as file:
        file.seek(2000)
        file.write(b"x")
    answer = sepcl("data shard --verify s")
    assert answer.code == 2
    assert answer.err.startswith("error: 1 of 4 shards in s differ from their SHA-256: train-000001.tar; delete them")
    Path("s/train-000001.tar").unlink()
    assert sepcl("data shard ESC50 --root packs --out s --clips_per_shard 8").code == 0
    assert sepcl("data shard --verify s").code == 0


def test_unreadable_clips_are_told(sepcl, esc):
    cut_file(esc / "audio/1-1000-A-0.wav", 0.5)
    answer = sepcl("data shard ESC50 --root packs --out s")
    assert answer.code == 2
    assert "1 of 20 clips cannot be read; audio/1-1000-A-0.wav: cut short" in answer.err
    answer = sepcl("data shard ESC50 --root packs --out s --max_skipped 0.05")
    assert answer.out.endswith("; 1 unreadable clip(s) left out\n")


def test_shards_of_others_are_written_as_ones_own(sepcl):
    write_tar_shards(Path("theirs"))
    answer = sepcl("data shard TarShards --root theirs --out s --format wav")
    assert answer.code == 0, answer.err
    assert answer.out.endswith("clips: 10 train, 1 val, 1 test\n")
    assert sepcl("data check TarShards --root theirs --read").code == 0


REFUSED = {
    "data shard": "error: sepcl data shard: say which data set and where to, NAME --out DIR, or --verify DIR",
    "data shard ESC50": "error: sepcl data shard: say which data set and where to",
    "data shard ESC50 --out s --verify s": "error: sepcl data shard: --verify DIR takes nothing else",
    "data shard ESC50 --root packs --out s --shards t": "error: sepcl data shard: shards are written from the data",
    "data shard ESC50 --root packs --out s --format mp3": "error: sepcl data shard: argument --format: invalid choice",
    "data shard ESC50 --root packs --out s --clips_per_shard 0": "error: clips_per_shard=0 should be at least 1",
    "data shard ESC50 --root packs --out s --clips 3": "error: sepcl data shard: ESC50 has no option --clips",
    "data shard --verify nowhere": "error: no shards.json in nowhere: write shards with sepcl data shard NAME --out",
}


@pytest.mark.parametrize(("line", "begin"), REFUSED.items(), ids=REFUSED)
def test_wrong_words_get_one_line(refused, esc, line, begin):
    message = refused(line)
    assert message.startswith(begin)
    assert len(message.splitlines()) == 1
