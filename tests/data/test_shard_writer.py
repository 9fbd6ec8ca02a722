"""Shards as they are written: whole, the same every time, readable by anybody."""

from __future__ import annotations

import errno
import io
import json
import multiprocessing
import os
import signal
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightning_sepcl.data import shard_piece
from lightning_sepcl.data.manifest import SPLITS
from lightning_sepcl.data.shard_format import file_sha256
from lightning_sepcl.data.shard_writer import pieces_of
from lightning_sepcl.errors import UserError
from tests.fakes.noise_corpus import NoiseCorpus
from tests.fakes.written_shards import noise_data, write

LISTS = {"shards.json", "clips.csv", "manifest.csv", "skipped.csv"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_every_clip_lies_once_in_a_shard_of_its_split_as_it_is_in_the_cache(tmp_path, kind):
    data = noise_data(sources=True)
    index = write(tmp_path / "s", data, kind=kind)
    assert index.clips == {"train": 24, "val": 8, "test": 8}
    seen = {}
    for shard in index.shards:
        files = members(tmp_path / "s" / shard.name)
        for name in files:
            if name.endswith(".json"):
                about = json.loads(files[name])
                seen[about["key"]] = about, files[name.replace(".json", f".{kind}")], shard.name
    entries = {entry.key: entry for entry in data.manifest.entries}
    assert seen.keys() == entries.keys()
    for key, (about, audio, name) in seen.items():
        assert (about["labels"], about["split"]) == (list(entries[key].labels), entries[key].split)
        assert name.startswith(f"{entries[key].split}-")
        numbers, rate = soundfile.read(io.BytesIO(audio), dtype="int16", always_2d=True)
        assert rate == 16000
        assert np.array_equal(numbers.T, data.cache.clip(data.cache.position[key]).reshape(3, -1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # webdataset leaves its files open
def test_webdataset_reads_them(tmp_path):
    webdataset = pytest.importorskip("webdataset")
    write(tmp_path / "s")
    shards = sorted(map(str, (tmp_path / "s").glob("*.tar")))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode())
    assert len({sample["__key__"] for sample in samples}) == 40
    assert all(sample["json"]["labels"][0] in ("odd", "even") for sample in samples)


def test_clips_of_a_split_are_drawn_into_shards_once(tmp_path):
    manifest = NoiseCorpus(clips=400).manifest()
    pieces = pieces_of(manifest, 100)
    assert [(piece.name, len(piece.clips)) for piece in pieces[:3]] == [
        ("train-000000.tar", 100), ("train-000001.tar", 100), ("train-000002.tar", 40),
    ]  # fmt: skip
    assert sorted(i for piece in pieces for i in piece.clips) == list(range(400))
    assert all(manifest.entries[i].split == piece.name.split("-")[0] for piece in pieces for i in piece.clips)
    assert np.mean(pieces[0].clips) == pytest.approx(200, abs=60)  # not the first hundred
    assert {piece.name.split("-")[0] for piece in pieces} == set(SPLITS)


def test_the_same_data_give_the_same_files_with_any_number_of_processes(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b", workers=2)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert {name for name in contents(tmp_path / "a") if not name.endswith(".tar")} == LISTS


def test_the_index_says_what_is_there(tmp_path):
    write(tmp_path / "s")
    said = json.loads((tmp_path / "s/shards.json").read_text())
    assert said["settings"] == {"sample_rate": 16000, "mono": True, "cut_silence_db": None, "sources": False}
    assert said["classes"] == ["even", "odd"]
    assert sum(shard["clips"] for shard in said["shards"]) == 40
    for shard in said["shards"]:
        path = tmp_path / "s" / shard["name"]
        assert (path.stat().st_size, file_sha256(path)) == (shard["bytes"], shard["sha256"])


def write_and_die(folder, clips):
    """Written by this process, which is killed after so many clips."""
    left, add = clips, shard_piece._add

    def dying(*args):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return add(*args)

    shard_piece._add = dying
    write(folder)


def test_a_killed_job_is_carried_on_and_ends_with_the_same_files(tmp_path):
    write(tmp_path / "whole")
    finished: set[str] = set()
    for clips in (13, 8):  # in the third shard, and then in the fourth
        job = multiprocessing.get_context("fork").Process(target=write_and_die, args=(tmp_path / "s", clips))
        job.start()
        job.join(60)
        assert job.exitcode == -signal.SIGKILL
        assert any((tmp_path / "s").glob(".*.tar.*"))  # half a shard, which nobody takes for one
        before = {name: (tmp_path / "s" / name).stat().st_mtime_ns for name in finished}
        finished = {path.name for path in (tmp_path / "s").glob("*.tar")}
        assert len(finished) == (2 if clips == 13 else 3)
    write(tmp_path / "s")
    assert before == {name: (tmp_path / "s" / name).stat().st_mtime_ns for name in before}
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


def test_a_finished_folder_is_left_as_it_is_and_a_lost_shard_is_written_again(tmp_path):
    write(tmp_path / "s")
    before, times = contents(tmp_path / "s"), {p: p.stat().st_mtime_ns for p in (tmp_path / "s").iterdir()}
    write(tmp_path / "s")
    assert times == {p: p.stat().st_mtime_ns for p in (tmp_path / "s").iterdir()}
    (tmp_path / "s/train-000001.tar").unlink()
    (tmp_path / "s/val-000000.tar").write_bytes(b"cut")
    write(tmp_path / "s")
    assert contents(tmp_path / "s") == before


OTHER = {
    "other clips": lambda folder: write(folder, noise_data(41)),
    "other files": lambda folder: write(folder, noise_data(corpus=NoiseCorpus(clips=40, version="2"))),
    "other settings": lambda folder: write(folder, noise_data(sources=True)),
    "another format": lambda folder: write(folder, kind="wav"),
    "other shards": lambda folder: write(folder, clips_per_shard=6),
}


@pytest.mark.parametrize("again", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_that_holds_something_else_is_refused(tmp_path, again, finished, monkeypatch):
    if finished:
        write(tmp_path / "s")
    else:
        with monkeypatch.context() as patch:
            patch.setattr(shard_piece, "astuple", interrupt)
            with pytest.raises(KeyboardInterrupt):
                write(tmp_path / "s")
    with pytest.raises(UserError, match="s holds shards of other data, other settings or files that have changed"):
        again(tmp_path / "s")


def interrupt(*_):
    raise KeyboardInterrupt


def test_tar_files_of_somebody_else_stay_untouched(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/mine.tar").write_bytes(b"")
    with pytest.raises(UserError, match="holds shards of other data"):
        write(tmp_path / "s")
    assert contents(tmp_path / "s") == {"mine.tar": b""}


def test_unreadable_clips_are_left_out_and_counted(tmp_path):
    broken = noise_data(corpus=NoiseCorpus(clips=40, unreadable=(3, 7)), max_skipped=0.05)
    index = write(tmp_path / "s", broken)
    assert sum(index.clips.values()) == 38
    assert (tmp_path / "s/skipped.csv").read_text().count("made unreadable") == 2
    with pytest.raises(UserError, match=r"2 of 40 clips cannot be read; clip0\d\d.wav: made unreadable"):
        write(tmp_path / "t", broken, max_skipped=0.0)
    assert sum(write(tmp_path / "t", broken).clips.values()) == 38  # the shards were kept


def test_more_channels_than_flac_holds_are_told(tmp_path):
    many = noise_data(corpus=NoiseCorpus(clips=10, sources=8), sources=True)
    with pytest.raises(
        UserError, match=r"clip clip0\d\d has 9 channels with its sources, FLAC holds 8: write --format"
    ):
        write(tmp_path / "s", many)
    assert sum(write(tmp_path / "w", many, kind="wav").clips.values()) == 10


def test_a_full_disk_is_told_and_what_is_written_stays(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shard_piece, "whole_text", full)
        with pytest.raises(UserError, match=r"the disk of .*s is full: make room and run the same command again"):
            write(tmp_path / "s")
    assert len(write(tmp_path / "s").shards) == 9


def test_nothing_to_write_is_told(tmp_path):
    with pytest.raises(UserError, match="noise has no clips"):
        write(tmp_path / "s", noise_data(0))
    with pytest.raises(UserError, match="clips_per_shard=0 should be at least 1"):
        write(tmp_path / "s", clips_per_shard=0)
