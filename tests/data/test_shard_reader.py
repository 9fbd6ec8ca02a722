"""Shards give the numbers of the cache, and say in a sentence what is wrong with them."""

from __future__ import annotations

import json
import os
import pickle
import shutil

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightning_sepcl.data import shard_reader
from lightning_sepcl.data.esc import ESC50
from lightning_sepcl.data.labelled_mixtures import LabelledMixtures
from lightning_sepcl.data.separated import write_separated
from lightning_sepcl.data.shard_place import shard_place
from lightning_sepcl.data.shard_reader import ShardReader
from lightning_sepcl.data.shard_verify import verify_shards
from lightning_sepcl.errors import UserError
from tests.fakes.noise_corpus import NoiseCorpus
from tests.fakes.written_shards import noise_data, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The cache, and readers of FLAC and WAV shards, of the same clips with two sources and two microphones."""
    folder = tmp_path_factory.mktemp("made")
    data = noise_data(corpus=NoiseCorpus(clips=20, mics=2), sources=True, mono=False, cache_dir=str(folder / "cache"))
    readers = {}
    for kind in ("flac", "wav"):
        write(folder / kind, data, kind=kind)
        readers[kind] = ShardReader(shard_place(str(folder / kind)))
    return data.cache, readers


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["flac", "wav"]), st.integers(0, 19), st.integers(0, 130), st.one_of(st.none(), st.integers(0, 130))
)
def test_any_window_is_that_of_the_cache(made, kind, number, start, samples):
    cache, readers = made
    reader = readers[kind]
    key = cache.rows[number].key
    window = reader.clip(reader.position[key], start, samples)
    assert window.dtype == np.int16
    assert np.array_equal(window, cache.clip(number, start, samples))


def test_rows_say_what_those_of_the_cache_say(made):
    cache, readers = made
    for reader in readers.values():
        assert reader.seconds == cache.seconds
        for row in reader.rows:
            twin = cache.rows[cache.position[row.key]]
            assert (row.samples, row.mics, row.peak, row.gain, row.crc32) == (
                twin.samples, twin.mics, twin.peak, twin.gain, twin.crc32,
            )  # fmt: skip


def test_copies_open_their_own_files_and_few_stay_open(made, monkeypatch):
    monkeypatch.setattr(shard_reader, "OPEN_SHARDS", 2)
    reader = made[1]["flac"]
    copy = pickle.loads(pickle.dumps(reader))
    assert not copy._open
    for number in range(len(copy)):
        assert np.array_equal(copy.clip(number), reader.clip(number))
    assert len(copy._open) == 2


def both(tmp_path, **settings):
    write(tmp_path / "s", noise_data(**settings))
    return noise_data(**settings), noise_data(shards=tmp_path / "s", **settings)


def assert_same_batches(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.keys == b.keys
        for name in ("wave", "length", "target", "labelled", "index"):
            assert torch.equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize("workers", [0, 2])
def test_every_loader_gives_the_batches_of_the_cache(tmp_path, workers):
    packed, sharded = both(tmp_path, num_workers=workers)
    assert sharded.describe() == packed.describe()
    assert_same_batches(packed.train_dataloader(), sharded.train_dataloader())
    for one, other in zip(packed.test_dataloader(), sharded.test_dataloader(), strict=True):
        assert_same_batches(one, other)
    assert_same_batches([*packed.predict_dataloader()], [*sharded.predict_dataloader()])


def test_a_few_shards_at_a_time_change_the_order_alone(tmp_path):
    packed, sharded = both(tmp_path, mixed_shards=2)
    windows = [{k: w.tobytes() for b in data.train_dataloader() for k, w in zip(b.keys, b.wave.numpy(), strict=True)}
               for data in (packed, sharded)]  # fmt: skip
    assert windows[0] == windows[1]
    assert list(windows[0]) != list(windows[1])


def test_the_data_sets_own_files_are_not_needed(tmp_path, esc_root):
    data = ESC50(str(esc_root), batch_size=2)
    write(tmp_path / "s", data)
    expected = list(ESC50(str(esc_root), batch_size=2).train_dataloader())
    shutil.rmtree(esc_root)
    sharded = ESC50(batch_size=2, shards=str(tmp_path / "s"))
    assert_same_batches(expected, sharded.train_dataloader())
    assert sharded.describe()["name"] == "esc50"


def test_mixtures_are_made_of_the_clips_in_shards(tmp_path, esc_root):
    corpus = ESC50(str(esc_root)).corpus
    options = {"train": 4, "val": 1, "test": 1, "seconds": 0.1, "batch_size": 2}
    write(tmp_path / "s", LabelledMixtures(corpus, **options))
    assert_same_batches(
        LabelledMixtures(corpus, **options).train_dataloader(),
        LabelledMixtures(corpus, **options, shards=str(tmp_path / "s")).train_dataloader(),
    )


def test_channels_separated_beforehand_belong_to_these_shards(tmp_path):
    _, sharded = both(tmp_path)
    write_separated(tmp_path / "a", sharded.cache, lambda wave: np.stack([wave / 4]), "a")
    apart = noise_data(shards=tmp_path / "s", separated=[str(tmp_path / "a")])
    assert next(iter(apart.train_dataloader())).wave.shape[1] == 2
    with pytest.raises(UserError, match="was separated from the cache noise-shards-"):
        noise_data(separated=[str(tmp_path / "a")]).separated  # noqa: B018 - opened when asked for


REFUSED = {
    "another rate": ({"sample_rate": 8000}, "written with sample_rate=16000, this run wants sample_rate=8000"),
    "sources": ({"sources": True}, "written with sources=False, this run wants sources=True"),
    "other clips": ({"clips": 41}, "written with clips=40, this run wants clips=41"),
}


@pytest.mark.parametrize(("settings", "why"), REFUSED.values(), ids=REFUSED)
def test_shards_of_something_else_are_refused(tmp_path, settings, why):
    write(tmp_path / "s")
    with pytest.raises(UserError, match=why):
        noise_data(shards=tmp_path / "s", **settings).prepare_data()


def test_shards_of_another_data_set_are_refused(tmp_path):
    write(tmp_path / "s")
    with pytest.raises(UserError, match=r"holds shards of noise \(NoiseCorpus\), not of ESCCorpus: name other shards"):
        ESC50(shards=str(tmp_path / "s")).prepare_data()


def test_more_unreadable_clips_than_allowed_are_told_as_by_the_cache(tmp_path):
    write(tmp_path / "s", noise_data(corpus=NoiseCorpus(unreadable=(3,)), max_skipped=0.1))
    again = noise_data(corpus=NoiseCorpus(unreadable=(3,)), shards=tmp_path / "s")
    with pytest.raises(UserError, match=r"1 of 10 clips cannot be read; clip003\.wav: made unreadable"):
        again.prepare_data()


def damage(folder, what):
    if what == "no index":
        (folder / "shards.json").unlink()
    elif what == "odd index":
        (folder / "shards.json").write_text('{"format_version": 1}')
    elif what == "later index":
        (folder / "shards.json").write_text('{"format_version": 9}')
    elif what == "no list":
        (folder / "clips.csv").unlink()
    elif what == "changed list":
        with (folder / "manifest.csv").open("a") as file:
            file.write("x")
    elif what == "no shard":
        (folder / "train-000002.tar").unlink()
    elif what == "cut shard":
        path = folder / "train-000002.tar"
        path.write_bytes(path.read_bytes()[:-700])


DAMAGES = {
    "no index": "no shards.json in .*: write shards with sepcl data shard NAME --out ",
    "odd index": r"shards.json is no index of shards \(KeyError: 'settings'\)",
    "later index": "has the layout 9, this version reads 1: write anew",
    "no list": "lacks clips.csv, which belongs to its shards: copy all its files",
    "changed list": "manifest.csv is not the one that shards.json means: it has changed, or belongs to other shards",
    "no shard": "lacks the shard train-000002.tar: copy it there, or write it again",
    "cut shard": r"train-000002.tar has \d+ bytes, its index says \d+: it was cut short or belongs to other shards",
}


@pytest.mark.parametrize(("what", "why"), DAMAGES.items(), ids=DAMAGES)
def test_a_damaged_folder_is_told_before_training(tmp_path, what, why):
    write(tmp_path / "s")
    damage(tmp_path / "s", what)
    with pytest.raises(UserError, match=why) as told:
        noise_data(shards=tmp_path / "s").prepare_data()
    assert "\n" not in str(told.value)
    with pytest.raises(UserError, match=why):
        verify_shards(str(tmp_path / "s"), workers=1)


def test_an_index_of_other_shards_of_the_same_size_is_told_when_they_are_read(tmp_path):
    for name, corpus in {"a": NoiseCorpus(clips=40), "b": NoiseCorpus(clips=40, loud=(1,))}.items():
        write(tmp_path / name, noise_data(corpus=corpus), kind="wav")
    for shard in (tmp_path / "b").glob("*.tar"):
        shutil.copy(shard, tmp_path / "a")
    mixed = noise_data(shards=tmp_path / "a", num_workers=2)
    with pytest.raises(UserError, match=r"\.tar in .*a is not the shard that its index means"):
        list(mixed.predict_dataloader())
    with pytest.raises(
        UserError, match=r"1 of 9 shards in .* differ from their SHA-256: train-00000\d.tar; delete them"
    ):
        verify_shards(str(tmp_path / "a"), workers=2)


def test_a_shard_that_was_refused_stays_refused(tmp_path, monkeypatch):
    for name, corpus in {"a": NoiseCorpus(clips=5), "b": NoiseCorpus(clips=5, loud=(0, 1, 2, 3, 4))}.items():
        write(tmp_path / name, noise_data(corpus=corpus), kind="wav")
    for shard in (tmp_path / "b").glob("*.tar"):
        shutil.copy(shard, tmp_path / "a")
    reader = ShardReader(shard_place(str(tmp_path / "a")))
    handles, close = [], os.close
    monkeypatch.setattr(os, "close", lambda handle: handles.append(handle) or close(handle))
    for _ in range(2):
        with pytest.raises(UserError, match=r"\.tar in .*a is not the shard that its index means"):
            reader.clip(0)
    assert not reader._open
    assert len(handles) == 2


def test_changed_bytes_of_a_clip_are_told(tmp_path):
    write(tmp_path / "s", noise_data(corpus=NoiseCorpus(clips=40, seconds_per_clip=0.0), sources=True))
    reader = ShardReader(shard_place(str(tmp_path / "s")))
    row = reader.shard_rows[0]
    handle = reader._handle(row.shard)  # the shard was opened, and is damaged afterwards
    with (tmp_path / "s" / reader.index.shards[row.shard].name).open("r+b") as file:
        file.seek(row.offset)
        file.write(bytes(row.bytes))
    assert handle in reader._open.values()
    with pytest.raises(UserError, match=rf"clip {row.key} in train-000000.tar of .* cannot be read .*--verify tells"):
        reader.clip(0)
    with (tmp_path / "s/train-000000.tar").open("r+b") as file:
        file.truncate(600)
    with pytest.raises(UserError, match=r"cannot be read \(88 of \d+ bytes\)"):
        reader.clip(0)


def test_verifying_says_what_is_there(tmp_path):
    index = write(tmp_path / "s")
    assert verify_shards(str(tmp_path / "s"), workers=1) == index
    said = json.loads((tmp_path / "s/shards.json").read_text())
    assert len(said["shards"]) == len(index.shards) == 9
