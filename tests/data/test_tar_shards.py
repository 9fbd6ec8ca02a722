"""Shards that others wrote: what is taken from them, and what is told about broken ones."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
import soundfile

from lightning_sepcl.audio.reading import UnreadableAudio
from lightning_sepcl.data.tar_shards import TarCorpus, TarShards
from lightning_sepcl.errors import UserError
from tests.fakes.tar_shard import audio_bytes, write_tar, write_tar_shards


def labels_of(folder, about):
    write_tar(folder / "a.tar", {"x.flac": audio_bytes(0), **about})
    return TarCorpus(str(folder)).manifest().entries[0].labels


@pytest.mark.parametrize("kind", ["flac", "wav", "ogg"])
def test_the_audio_of_every_sample_is_that_of_its_file(tmp_path, kind):
    corpus = pickle.loads(pickle.dumps(TarCorpus(str(write_tar_shards(tmp_path, kind=kind)))))
    entries = corpus.manifest().entries
    assert [entry.key for entry in entries] == [f"{i:04d}" for i in range(12)]
    for number, entry in enumerate(entries):
        wave = corpus.audio(entry, sample_rate=16000, mono=True, sources=False)
        expected, _ = soundfile.read(io.BytesIO(audio_bytes(number, kind=kind)), dtype="float32")
        assert np.array_equal(wave[0, 0], expected)
        assert entry.labels == (("low", "high")[number % 2],)
    assert corpus.audio(entries[0], sample_rate=8000, mono=True, sources=False).shape == (1, 1, 800)


LABELS = {
    "a list": ({"x.json": {"labels": ["dog", "cat"]}}, ("dog", "cat")),
    "a text": ({"x.json": {"label": "dog"}}, ("dog",)),
    "a number": ({"x.json": {"label": 7}}, ("7",)),
    "a class file": ({"x.cls": "7\n"}, ("7",)),
    "both": ({"x.cls": "7", "x.json": {"label": "dog"}}, ("dog",)),
    "neither": ({"x.txt": "a dog barks"}, ()),
}


@pytest.mark.parametrize(("about", "expected"), LABELS.values(), ids=LABELS)
def test_labels(tmp_path, about, expected):
    assert labels_of(tmp_path, about) == expected


def test_a_split_that_is_named_is_kept_and_others_are_dealt_out(tmp_path):
    members = {}
    for i in range(20):
        members[f"{i}.flac"] = audio_bytes(i)
        members[f"{i}.json"] = {"split": "test"} if i < 5 else {}
    write_tar(tmp_path / "a.tar", members)
    splits = {e.key: e.split for e in TarCorpus(str(tmp_path), val_share=0.2, test_share=0.0).manifest().entries}
    assert [splits[str(i)] for i in range(5)] == ["test"] * 5
    assert sorted(splits[str(i)] for i in range(5, 20)) == ["train"] * 12 + ["val"] * 3


def test_the_manifest_does_not_know_the_place(tmp_path):
    first = TarCorpus(str(write_tar_shards(tmp_path / "a"))).manifest()
    assert first.hash == TarCorpus(str(write_tar_shards(tmp_path / "b"))).manifest().hash


def test_a_tar_file_that_was_cut_short_is_named(tmp_path):
    write_tar_shards(tmp_path)
    path = tmp_path / "audio-001.tar"
    data = path.read_bytes()
    for size in (700, 3000, len(data) // 2):
        path.write_bytes(data[:size])
        with pytest.raises(UserError, match=r"audio-001\.tar is cut short or no tar file .*: copy it again"):
            TarCorpus(str(tmp_path)).manifest()


BROKEN = {
    "no tar files": ({}, "no tar files below"),
    "no samples": ({"a.tar": {}}, "hold no samples: expected <key>.flac and <key>.json"),
    "two recordings": ({"a.tar": {"x.flac": b"", "x.wav": b""}}, "sample x in a.tar has several audio files"),
    "no JSON": ({"a.tar": {"x.flac": b"", "x.json": "{"}}, r"a.tar/x.json is no JSON"),
    "a list": ({"a.tar": {"x.json": "[]"}}, r"a.tar/x.json should hold an object such as"),
    "twins": ({"a.tar": {"x.flac": b""}, "b.tar": {"x.flac": b""}}, "occur more than once, the first is x"),
}


@pytest.mark.parametrize(("tars", "why"), BROKEN.values(), ids=BROKEN)
def test_broken_shards_get_a_sentence(tmp_path, tars, why):
    for name, members in tars.items():
        write_tar(tmp_path / name, members)
    with pytest.raises(UserError, match=why):
        TarCorpus(str(tmp_path)).manifest()


def test_what_cannot_be_heard_is_skipped_and_counted(tmp_path):
    write_tar_shards(tmp_path)
    odd = {"silent.json": {"label": "low"}, "cut.flac": audio_bytes(1)[:200], "empty.flac": b"", "noise.flac": b"abc"}
    write_tar(tmp_path / "audio-002.tar", odd)
    with pytest.raises(UserError, match=r"4 of 16 clips cannot be read; audio-002.tar/silent: no audio file in the"):
        TarShards(str(tmp_path)).prepare_data()
    data = TarShards(str(tmp_path), max_skipped=0.25)
    assert data.describe()["skipped"] == 4
    reasons = {clip.key: clip.reason for clip in data.cache.skipped}
    assert reasons["empty"] == "the file is empty (0 bytes)"
    corpus = data.corpus
    for entry in data.manifest.entries:
        if entry.key in reasons:
            with pytest.raises(UnreadableAudio):
                corpus.audio(entry, sample_rate=16000, mono=True, sources=False)
