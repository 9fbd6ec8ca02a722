from __future__ import annotations

import logging
import os

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.data.corpus import tell_unlisted
from lightning_sepcl.data.esc import ESCCorpus
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.errors import UserError
from tests.fakes.esc import write_esc
from tests.fakes.tone import write_tone


def test_the_root_may_be_the_folder_or_the_one_above(tmp_path, monkeypatch):
    root = write_esc(tmp_path / "ESC-50")
    assert ESCCorpus(str(root)).root == root
    assert ESCCorpus(str(tmp_path)).root == root
    monkeypatch.setenv("SEPCL_DATA", str(tmp_path))
    assert ESCCorpus().root == root


def test_a_missing_corpus_says_where_it_looked_and_where_to_get_it(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"looked in: nowhere.*neither root nor SEPCL_DATA"):
        ESCCorpus().manifest()
    with pytest.raises(UserError, match="no esc50 found") as caught:
        ESCCorpus(str(tmp_path / "wrong")).manifest()
    for part in (str(tmp_path / "wrong"), "meta/esc50.csv", "https://github.com/karolpiczak/ESC-50", "SEPCL_DATA"):
        assert part in str(caught.value)
    monkeypatch.setenv("SEPCL_DATA", str(tmp_path))
    with pytest.raises(UserError, match=str(tmp_path / "ESC-50")):
        ESCCorpus().manifest()


def test_sources_follow_the_recording(tmp_path):
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").touch()
    for name, samples in (("mix", 100), ("a", 100), ("b", 60)):
        sf.write(tmp_path / f"{name}.wav", np.full(samples, 0.5), 16000)
    entry = Entry("mix", "mix.wav", 0.0, None, (), "train", 0, sources=("a.wav", "b.wav"))
    corpus = ESCCorpus(str(tmp_path))
    assert corpus.audio(entry, sample_rate=16000, mono=True, sources=False).shape == (1, 1, 100)
    clip = corpus.audio(entry, sample_rate=16000, mono=True, sources=True)
    assert clip.shape == (3, 1, 100)
    assert clip.sum(axis=2).ravel().tolist() == [50, 50, 30]


def test_the_fingerprint_follows_the_file(esc_root):
    corpus = ESCCorpus(str(esc_root))
    entry = corpus.manifest().entries[0]
    path, before = esc_root / entry.path, corpus.fingerprint(entry)
    os.utime(path, ns=(1, 1))
    touched = corpus.fingerprint(entry)
    path.write_bytes(path.read_bytes() + b"1")
    os.utime(path, ns=(1, 1))
    grown = corpus.fingerprint(entry)
    path.unlink()
    assert len({before, touched, grown, corpus.fingerprint(entry)}) == 4
    assert corpus.fingerprint(entry) == "absent"


def test_unlisted_files_are_told(tmp_path, caplog):
    for name in ("a.wav", "b.wav", "c.wav"):
        write_tone(tmp_path / name)
    with caplog.at_level(logging.WARNING):
        tell_unlisted(tmp_path, ["a.wav", "b.wav", "c.wav"], "list.csv")
        assert not caplog.records
        tell_unlisted(tmp_path, ["a.wav"], "list.csv")
    assert "2 audio file(s)" in caplog.text
    assert "not listed in list.csv" in caplog.text
