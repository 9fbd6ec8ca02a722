from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lightning_sepcl.data import cache_writer, reading_processes
from lightning_sepcl.data.cache import cache_home, open_cache
from lightning_sepcl.data.cache_format import AUDIO, INDEX, META, SKIPPED, CacheSettings
from lightning_sepcl.data.cache_reader import CacheReader, DamagedCache
from lightning_sepcl.data.cache_writer import BUILDING, OF
from lightning_sepcl.data.fsdd import FSDDCorpus
from lightning_sepcl.data.packing import packed
from lightning_sepcl.errors import UserError
from tests.fakes.fsdd import write_fsdd
from tests.fakes.noise_corpus import NoiseCorpus

SETTINGS = CacheSettings(sources=True)


def opened(corpus, settings=SETTINGS, **options) -> CacheReader:
    return open_cache(corpus, corpus.manifest(), settings, workers=1, **options)


def clip_of(corpus, number):
    entry = corpus.manifest().entries[number]
    return corpus.audio(entry, sample_rate=16000, mono=True, sources=True)


def folders(home: Path) -> list[str]:
    return sorted(p.name for p in home.iterdir() if p.is_dir()) if home.exists() else []


def test_every_clip_comes_back_within_half_a_step():
    corpus = NoiseCorpus()
    cache = opened(corpus)
    assert [row.key for row in cache.rows] == [e.key for e in corpus.manifest().entries]
    for i in range(len(cache)):
        assert np.abs(cache.clip(i) / 32768 - clip_of(corpus, i)).max() <= 0.5 / 32768
    assert cache.seconds == pytest.approx(sum(100 + i for i in range(10)) / 16000)


def test_a_window_of_a_clip():
    cache = opened(NoiseCorpus())
    assert np.array_equal(cache.clip(4, 10, 20), cache.clip(4)[:, :, 10:30])
    assert cache.clip(4, 90, 50).shape == (3, 1, 14)
    assert not cache.clip(0).flags.writeable


def test_a_loud_clip_is_scaled_as_a_whole_and_the_gain_noted():
    corpus = NoiseCorpus(loud=(3,))
    cache = opened(corpus)
    row, clip = cache.rows[3], clip_of(corpus, 3)
    assert row.gain == pytest.approx(1 / np.abs(clip).max())
    assert row.peak >= 32767
    assert np.abs(cache.clip(3) / 32768 - clip * row.gain).max() <= 1.01 / 32768
    assert all(r.gain == 1 for r in cache.rows if r is not row)


def test_a_clip_at_full_scale_is_not_scaled():
    clip = packed("a", np.array([[[1.0, -1.0, 0.5]]], np.float32))
    assert (clip.gain, clip.peak) == (1.0, 32768)
    assert clip.numbers.tolist() == [[[32767, -32768, 16384]]]


def test_silence_is_allowed_and_seen():
    cache = opened(NoiseCorpus(silent=(2, 5)))
    assert [row.key for row in cache.rows if row.peak == 0] == ["clip002", "clip005"]


def test_silence_is_cut_from_all_sources_alike():
    class Padded(NoiseCorpus):
        def audio(self, entry, *, sample_rate, mono, sources):
            clip = np.zeros((3, 1, 16000), np.float32)
            clip[1, 0, :4000], clip[2, 0, 2000:8000] = 0.25, 0.25
            clip[0] = clip[1] + clip[2]
            return clip

    corpus = Padded(clips=1)
    whole, cut = opened(corpus), opened(corpus, CacheSettings(sources=True, cut_silence_db=-80.0))
    assert whole.rows[0].samples == 16000
    assert cut.rows[0].samples == 8000
    assert np.array_equal(cut.clip(0), whole.clip(0)[:, :, :8000])


def test_it_is_built_once():
    corpus = NoiseCorpus()
    opened(corpus)
    corpus.asked.clear()
    opened(corpus)
    assert corpus.asked == []


OTHERS = {
    "rate": (NoiseCorpus(), CacheSettings(sample_rate=8000, sources=True)),
    "channels": (NoiseCorpus(), CacheSettings(mono=False, sources=True)),
    "silence": (NoiseCorpus(), CacheSettings(cut_silence_db=-60.0, sources=True)),
    "sources": (NoiseCorpus(), CacheSettings()),
    "changed files": (NoiseCorpus(version="2"), SETTINGS),
    "other clips": (NoiseCorpus(clips=9), SETTINGS),
}


@pytest.mark.parametrize(("corpus", "settings"), OTHERS.values(), ids=OTHERS)
def test_other_settings_or_files_are_another_cache(corpus, settings):
    first = opened(NoiseCorpus())
    other = opened(corpus, settings)
    assert other.folder != first.folder
    assert corpus.asked
    assert opened(NoiseCorpus()).folder == first.folder


def test_processes_give_what_one_process_gives(tmp_path):
    corpus = NoiseCorpus(clips=150, unreadable=(70,))
    one = opened(corpus, cache_dir=str(tmp_path / "one"), max_skipped=0.1)
    several = open_cache(
        corpus, corpus.manifest(), SETTINGS, cache_dir=str(tmp_path / "two"), max_skipped=0.1, workers=3
    )
    for name in (AUDIO, INDEX, SKIPPED, META):
        assert (one.folder / name).read_bytes() == (several.folder / name).read_bytes()


@pytest.mark.slow
def test_processes_may_be_spawned(tmp_path, monkeypatch):
    """As macOS starts them; the children import the package anew."""
    spawn = multiprocessing.get_context("spawn")
    monkeypatch.setattr(reading_processes, "ProcessPoolExecutor", partial(ProcessPoolExecutor, mp_context=spawn))
    corpus = FSDDCorpus(str(write_fsdd(tmp_path / "digits", takes=20)))
    cache = open_cache(corpus, corpus.manifest(), CacheSettings(), workers=2)
    cache.verify()
    assert len(cache) == 80


def test_one_unreadable_clip_is_an_error_by_default(tmp_path):
    with pytest.raises(
        UserError, match=r"2 of 10 clips cannot be read; clip003.wav: made unreadable \(and 1 more, all in "
    ) as caught:
        opened(NoiseCorpus(unreadable=(3, 7)))
    assert "--data.max_skipped 0.2 or more" in str(caught.value)
    (kept,) = (tmp_path / "cache").glob(f"*{BUILDING}")
    assert f"all in {kept / SKIPPED})" in str(caught.value)
    assert [line.split(",")[0] for line in (kept / SKIPPED).read_text().splitlines()[1:]] == ["clip003", "clip007"]


def test_what_was_read_before_the_refusal_is_not_read_again(tmp_path):
    corpus = NoiseCorpus(unreadable=(3, 7))
    with pytest.raises(UserError, match="cannot be read"):
        opened(corpus)
    corpus.asked.clear()
    assert len(opened(corpus, max_skipped=0.2)) == 8
    assert corpus.asked == ["clip003", "clip007"]
    assert not any(name.endswith(BUILDING) for name in folders(tmp_path / "cache"))


def test_the_share_that_the_message_names_suffices():
    opened(NoiseCorpus(clips=7, unreadable=(3,)), max_skipped=0.143)  # 1/7 = 0.14286
    with pytest.raises(UserError, match=r"max_skipped 0.143 or more"):
        opened(NoiseCorpus(clips=7, unreadable=(3,), version="2"))


def test_tolerated_clips_are_listed_and_told_once(caplog):
    with caplog.at_level(logging.WARNING):
        cache = opened(NoiseCorpus(unreadable=(3, 7)), max_skipped=0.2)
    assert [(s.key, s.reason) for s in cache.skipped] == [
        ("clip003", "made unreadable"),
        ("clip007", "made unreadable"),
    ]
    assert len(cache) == 8
    assert len(caplog.records) == 1
    assert "2 unreadable clip(s) left out, listed in" in caplog.text


def test_a_tolerated_cache_is_refused_without_the_tolerance():
    opened(NoiseCorpus(unreadable=(3,)), max_skipped=0.2)
    with pytest.raises(UserError, match="1 of 10 clips cannot be read"):
        opened(NoiseCorpus(unreadable=(3,)))


def test_nothing_readable_is_an_error_at_any_tolerance():
    with pytest.raises(UserError, match="3 of 3 clips cannot be read"):
        opened(NoiseCorpus(clips=3, unreadable=(0, 1, 2)), max_skipped=1.0)


def test_no_clips_is_an_error():
    with pytest.raises(UserError, match="noise has no clips"):
        opened(NoiseCorpus(clips=0))


def test_other_channel_counts_are_refused(tmp_path):
    class Mixed(NoiseCorpus):
        def audio(self, entry, *, sample_rate, mono, sources):
            return np.zeros((1, 2 if entry.key == "clip004" else 1, 50), np.float32)

    with pytest.raises(UserError, match=r"clip004 has 2 channel\(s\), clip clip000 has 1.*mono=true"):
        opened(Mixed())
    assert folders(tmp_path / "cache") == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    genuine = cache_writer.append

    def small_disk(file, data):
        genuine(file, data)
        if file.tell() > 20000:
            Path("/dev/full").write_bytes(b"1")  # the operating system's own error

    monkeypatch.setattr(cache_writer, "append", small_disk)
    corpus = NoiseCorpus(clips=64)
    with pytest.raises(
        UserError, match=r"the disk of .*cache is full: the cache of noise needs about 4\.\d+e\+04 bytes"
    ):
        opened(corpus)
    assert folders(tmp_path / "cache") == []
    monkeypatch.setattr(cache_writer, "append", genuine)
    assert len(opened(corpus)) == 64


def test_an_interrupted_build_is_carried_on(tmp_path, monkeypatch):
    genuine, corpus = cache_writer.append, NoiseCorpus(clips=64)

    def interrupted(file, data):
        genuine(file, data)
        if file.tell() > 20000:
            raise KeyboardInterrupt

    monkeypatch.setattr(cache_writer, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(corpus)
    assert [name.endswith(BUILDING) for name in folders(tmp_path / "cache")] == [True]
    monkeypatch.setattr(cache_writer, "append", genuine)
    corpus.asked.clear()
    cache = opened(corpus)
    assert corpus.asked == [f"clip{i:03d}" for i in range(16, 64)]  # the second chunk was written, but not its index
    cache.verify()
    assert [row.key for row in cache.rows] == [e.key for e in corpus.manifest().entries]
    assert len(folders(tmp_path / "cache")) == 1


def test_what_a_crash_damaged_is_not_carried_on(tmp_path, monkeypatch):
    corpus = NoiseCorpus(clips=20)
    finished = opened(corpus)
    building = finished.folder.with_name(finished.folder.name + BUILDING)
    finished.folder.rename(building)
    (building / META).unlink()
    (building / OF).write_text(finished.meta["fingerprint"])
    with (building / AUDIO).open("r+b") as file:
        file.seek(2 * finished.rows[5].offset)
        file.write(b"\x55" * 10)
    with (building / INDEX).open("a") as file:
        file.write("clip0")  # torn line
    corpus.asked.clear()
    cache = opened(corpus)
    assert corpus.asked[0] == "clip005"
    cache.verify()


def test_leftovers_of_other_builds_are_swept(tmp_path):
    left, other = (tmp_path / "cache" / f"{name}-000000000000{BUILDING}" for name in ("noise", "hours"))
    for folder in (left, other):
        folder.mkdir(parents=True)
        (folder / AUDIO).write_bytes(b"12")
    opened(NoiseCorpus())
    assert not left.exists()
    assert other.exists()  # another data set's, which is gone on with


def build_slowly(home):
    os.environ["SEPCL_CACHE"] = home
    opened(NoiseCorpus(clips=40, seconds_per_clip=0.02))


def test_a_second_process_waits_and_uses_the_first_ones_cache(tmp_path, caplog):
    home = tmp_path / "cache"
    process = multiprocessing.get_context("fork").Process(target=build_slowly, args=(str(home),))
    process.start()
    while not folders(home):
        time.sleep(0.01)
    corpus = NoiseCorpus(clips=40, seconds_per_clip=0.02)
    with caplog.at_level(logging.WARNING):
        cache = opened(corpus)
    process.join()
    assert process.exitcode == 0
    assert corpus.asked == []
    assert "another process is building" in caplog.text
    cache.verify()


def test_a_killed_process_leaves_no_lock_behind(tmp_path):
    home = tmp_path / "cache"
    process = multiprocessing.get_context("fork").Process(target=build_slowly, args=(str(home),))
    process.start()
    while not folders(home):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert len(opened(NoiseCorpus(clips=40))) == 40
    assert not any(name.endswith(BUILDING) for name in folders(home))


def test_a_reading_process_that_dies_is_told():
    corpus = NoiseCorpus(clips=100, deadly=50)
    with pytest.raises(UserError, match="a process that reads clips was killed"):
        open_cache(corpus, corpus.manifest(), SETTINGS, workers=2)


def test_verify_names_the_damaged_clip():
    cache = opened(NoiseCorpus())
    cache.verify()
    row = cache.rows[6]
    with (cache.folder / AUDIO).open("r+b") as file:
        file.seek(2 * (row.offset + 7))
        file.write(b"\x00\x12")
    with pytest.raises(
        DamagedCache, match=r"1 of 10 clips differ from their checksum, first clip006.*delete that folder"
    ):
        opened(NoiseCorpus()).verify()


DAMAGE = {
    "audio cut": (lambda folder: os.truncate(folder / AUDIO, 1000), "audio.int16 has 1000 bytes instead of"),
    "index edited": (lambda folder: (folder / INDEX).write_text("key\n"), "index.csv has changed"),
    "index gone": (lambda folder: (folder / INDEX).unlink(), "No such file"),
    "meta no json": (lambda folder: (folder / META).write_text("{"), "damaged"),
    "meta of another kind": (lambda folder: (folder / META).write_text(json.dumps({})), "damaged"),
}


@pytest.mark.parametrize(("damage", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_is_refused(damage, why):
    damage(opened(NoiseCorpus()).folder)
    with pytest.raises(DamagedCache, match=why):
        opened(NoiseCorpus())


def test_a_cache_without_meta_is_built_anew():
    folder = opened(NoiseCorpus()).folder
    (folder / META).unlink()
    opened(NoiseCorpus()).verify()


def test_a_reader_travels_without_its_audio():
    cache = opened(NoiseCorpus(clips=200))
    first = cache.clip(0).copy()
    data = pickle.dumps(cache)
    assert len(data) < 40_000
    assert np.array_equal(pickle.loads(data).clip(0), first)


def test_where_caches_lie(monkeypatch):
    assert cache_home("/a") == Path("/a")
    monkeypatch.setenv("SEPCL_CACHE", "/b")
    assert cache_home() == Path("/b")
    monkeypatch.delenv("SEPCL_CACHE")
    monkeypatch.setenv("HOME", "/c")
    assert cache_home() == Path("/c/.cache/lightning_sepcl")


def test_a_cache_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot make the cache folder.*SEPCL_CACHE"):
        opened(NoiseCorpus(), cache_dir=str(tmp_path / "file" / "cache"))


def test_a_killed_build_leaves_no_process_that_holds_its_lock(tmp_path):
    home = tmp_path / "cache"
    process = multiprocessing.get_context("fork").Process(target=build_in_processes, args=(str(home),))
    process.start()
    while not list(home.glob(f"*{BUILDING}/{INDEX}")):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    corpus = NoiseCorpus(clips=100)
    assert len(open_cache(corpus, corpus.manifest(), SETTINGS, cache_dir=str(home), workers=1)) == 100


def build_in_processes(home):
    corpus = NoiseCorpus(clips=100, seconds_per_clip=0.02)
    open_cache(corpus, corpus.manifest(), SETTINGS, cache_dir=home, workers=2)


def test_a_changed_clip_is_refused_when_it_is_first_read():
    cache = opened(NoiseCorpus())
    row = cache.rows[6]
    with (cache.folder / AUDIO).open("r+b") as file:
        file.seek(2 * (row.offset + row.size - 1))
        file.write(b"\x00\x12")
    again = opened(NoiseCorpus())
    again.clip(5)
    for _ in range(2):
        with pytest.raises(DamagedCache, match=r"clip clip006 differs from its checksum.*delete that folder"):
            again.clip(6, 0, 10)
