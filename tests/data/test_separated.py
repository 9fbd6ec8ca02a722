"""Channels kept beside the recordings they were made from."""

import threading
import time

import numpy as np
import pytest

from lightning_sepcl.data.cache import open_cache
from lightning_sepcl.data.cache_format import AUDIO, CacheSettings
from lightning_sepcl.data.cache_reader import DamagedCache
from lightning_sepcl.data.separated import SeparatedClips, write_separated
from lightning_sepcl.errors import UserError
from tests.fakes.noise_corpus import NoiseCorpus


def cache_of(**corpus):
    made = NoiseCorpus(**corpus)
    return open_cache(made, made.manifest(), CacheSettings(), max_skipped=0.5, workers=1)


def halves(wave):
    """A separator whose channels are known: the wave's first half and its second."""
    first = np.arange(wave.shape[-1]) < wave.shape[-1] // 2
    return np.stack([wave * first, wave * ~first])


def test_the_channels_of_every_clip_and_their_sum_is_the_recording(tmp_path):
    cache = cache_of()
    write_separated(tmp_path / "s", cache, halves, "abc")
    clips = SeparatedClips(tmp_path / "s", cache)
    assert clips.channels == 2
    assert clips.separator == "abc"
    for number, row in enumerate(cache.rows):
        channels, recording = clips.clip(row.key), cache.clip(number)[0]
        assert np.array_equal(channels.sum(0), recording)
        assert not channels[0, 0, row.samples // 2 :].any()
        assert np.array_equal(clips.clip(row.key, 20, 30), channels[:, :, 20:50])


@pytest.mark.parametrize("shards", [1, 3])
def test_shards_together_hold_every_clip_once(tmp_path, shards):
    cache = cache_of()
    for shard in range(1, shards + 1):
        write_separated(tmp_path / "s", cache, halves, "abc", shard, shards)
    clips = SeparatedClips(tmp_path / "s", cache)
    assert all(clips.clip(row.key).shape == (2, 1, row.samples) for row in cache.rows)


def test_a_finished_shard_is_not_made_again_and_a_killed_one_is_carried_on(tmp_path):
    cache, calls = cache_of(), []

    def dying(wave):
        calls.append(len(wave))
        if len(calls) == 20:
            raise KeyboardInterrupt
        return halves(wave)

    big = cache_of(clips=40)
    with pytest.raises(KeyboardInterrupt):
        write_separated(tmp_path / "s", big, dying, "abc")
    write_separated(tmp_path / "s", big, dying, "abc")
    assert len(calls) == 20 + 40 - 16  # chunks of 16 clips are kept
    write_separated(tmp_path / "s", big, dying, "abc")
    assert len(calls) == 20 + 40 - 16
    assert SeparatedClips(tmp_path / "s", big).channels == 2
    assert cache.folder != big.folder


def test_what_a_killed_call_left_of_another_separator_is_not_taken_over(tmp_path):
    cache = cache_of(clips=40)
    calls = []

    def dying(wave):
        calls.append(len(wave))
        if len(calls) > 33:
            raise KeyboardInterrupt
        return np.stack([wave, 0 * wave])

    with pytest.raises(KeyboardInterrupt):
        write_separated(tmp_path / "s", cache, dying, "abc")
    assert (tmp_path / "s/shard-1-of-1.building/index.csv").read_text().count("\n") > 1  # it left something
    write_separated(tmp_path / "s", cache, halves, "xyz")
    clips = SeparatedClips(tmp_path / "s", cache)
    assert clips.separator == "xyz"
    for row in cache.rows:
        assert not clips.clip(row.key)[0, 0, row.samples // 2 :].any()


def test_a_second_call_for_the_same_shard_waits_for_the_first(tmp_path):
    cache, order = cache_of(), []

    def first(wave):
        if not order:
            order.append("first")
            other.start()
            time.sleep(0.3)
        return halves(wave)

    def second(wave):
        order.append("second")
        return halves(wave)

    other = threading.Thread(target=write_separated, args=(tmp_path / "s", cache, second, "abc"))
    write_separated(tmp_path / "s", cache, first, "abc")
    other.join()
    assert order == ["first"]  # it found the shard complete
    assert SeparatedClips(tmp_path / "s", cache).channels == 2


def test_what_does_not_belong_is_refused(tmp_path):
    cache, other = cache_of(), cache_of(clips=7)
    with pytest.raises(UserError, match="no separated clips in"):
        SeparatedClips(tmp_path / "s", cache)
    write_separated(tmp_path / "s", cache, halves, "abc", 2, 2)
    with pytest.raises(UserError, match="lacks shard 1 of 2: write it with --shard 1/2"):
        SeparatedClips(tmp_path / "s", cache)
    write_separated(tmp_path / "s", cache, halves, "abc", 1, 2)
    with pytest.raises(UserError, match="was separated from the cache"):
        SeparatedClips(tmp_path / "s", other)
    for arguments in [(other, halves, "abc", 1, 2), (cache, halves, "xyz", 1, 2), (cache, halves, "abc", 1, 1)]:
        with pytest.raises(UserError, match="choose another folder"):
            write_separated(tmp_path / "s", *arguments)
    with pytest.raises(UserError, match="shard 3 of 2"):
        write_separated(tmp_path / "s", cache, halves, "abc", 3, 2)


def test_a_damaged_shard_is_refused(tmp_path):
    cache = cache_of()
    target = write_separated(tmp_path / "s", cache, halves, "abc")
    with (target / AUDIO).open("ab") as file:
        file.write(b"more")
    with pytest.raises(DamagedCache):
        SeparatedClips(tmp_path / "s", cache)


def test_several_microphones_are_refused(tmp_path):
    made = NoiseCorpus(mics=2)
    cache = open_cache(made, made.manifest(), CacheSettings(mono=False), workers=1)
    with pytest.raises(UserError, match="2 microphones, separation takes one"):
        write_separated(tmp_path / "s", cache, halves, "abc")
