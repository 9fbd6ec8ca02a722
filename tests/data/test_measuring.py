from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.data import measuring
from lightning_sepcl.data.audio_folder import FolderCorpus
from lightning_sepcl.data.cache_format import Skipped
from lightning_sepcl.data.measuring import ClipFigures, measured
from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus
from tests.fakes.tone import cut_file, tone, write_tone


def figures(folder, **kwargs):
    corpus = FolderCorpus(str(folder), **({"clip_seconds": None} | kwargs))
    return {result.key: result for result in measured(corpus, corpus.manifest().entries, "measuring", workers=1)}


def test_a_sine_of_known_level(tmp_path):
    write_tone(tmp_path / "a.wav", hz=441.0, seconds=2.0, sample_rate=44100)
    (found,) = figures(tmp_path).values()
    assert found == ClipFigures("a.wav", 2.0, found.rms_db, found.peak, 0.0, 44100, 1, "WAV PCM_16")
    assert found.rms_db == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=1e-3)
    assert found.peak == pytest.approx(0.5, abs=1e-3)


def test_channels_and_kinds(tmp_path):
    write_tone(tmp_path / "two.flac", channels=2, sample_rate=8000)
    write_tone(tmp_path / "one.ogg", sample_rate=16000)
    found = figures(tmp_path)
    assert (found["two.flac"].kind, found["two.flac"].channels, found["two.flac"].sample_rate) == (
        "FLAC PCM_16",
        2,
        8000,
    )
    assert found["one.ogg"].kind == "OGG VORBIS"
    # the second channel is half as loud, so the mean power is that of the first times (1 + 1/4) / 2
    assert found["two.flac"].rms_db == pytest.approx(
        20 * math.log10(0.5 / math.sqrt(2)) + 10 * math.log10(0.625), abs=0.01
    )


def test_the_share_of_silence(tmp_path):
    wave = np.concatenate([tone(400, 0.3, 16000), np.zeros(11200, np.float32)])
    sf.write(tmp_path / "a.wav", wave, 16000)
    sf.write(tmp_path / "b.wav", np.zeros(1600, np.float32), 16000)
    sf.write(tmp_path / "c.wav", np.stack([np.zeros(1600), tone(400, 0.1, 16000)], 1), 16000)
    found = figures(tmp_path)
    assert found["a.wav"].silence == pytest.approx(0.7)
    assert (found["b.wav"].silence, found["b.wav"].rms_db) == (1.0, -math.inf)
    assert found["c.wav"].silence == 0.0  # one channel sounds


def test_long_clips_in_pieces_give_the_same_figures(tmp_path, monkeypatch):
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, (16000 * 3 + 7, 2)).astype(np.float32)
    wave[8000:24000] = 0
    sf.write(tmp_path / "a.wav", wave, 16000, "FLOAT")
    whole = figures(tmp_path)["a.wav"]
    monkeypatch.setattr(measuring, "PIECE_SECONDS", 0.5)
    asked = []
    read = FolderCorpus.audio
    monkeypatch.setattr(FolderCorpus, "audio", lambda self, entry, **k: asked.append(entry) or read(self, entry, **k))
    pieces = figures(tmp_path)["a.wav"]
    assert len(asked) == 7
    assert (pieces.seconds, pieces.peak, pieces.silence) == (whole.seconds, whole.peak, whole.silence)
    assert pieces.rms_db == pytest.approx(whole.rms_db, abs=1e-9)
    assert whole.seconds == pytest.approx(len(wave) / 16000)


@pytest.mark.parametrize("seconds", [1.0, 1.5, 0.97])
def test_windows_are_measured_not_files(tmp_path, seconds, monkeypatch):
    monkeypatch.setattr(measuring, "PIECE_SECONDS", 0.25)
    write_tone(tmp_path / "a.wav", seconds=3.0)
    found = figures(tmp_path, clip_seconds=seconds)
    assert len(found) == round(3 / seconds)
    assert [f.seconds for f in found.values()][:2] == [pytest.approx(seconds)] * 2


def test_unreadable_clips_are_named(tmp_path):
    for name in "abcd":
        write_tone(tmp_path / f"{name}.wav")
    cut_file(tmp_path / "b.wav", 0.5)
    (tmp_path / "c.wav").write_bytes(b"")
    (tmp_path / "d.wav").write_text("no sound")
    found = figures(tmp_path)
    assert isinstance(found["a.wav"], ClipFigures)
    assert all(isinstance(found[f"{name}.wav"], Skipped) for name in "bcd")
    assert "cut short" in found["b.wav"].reason
    assert "empty" in found["c.wav"].reason


def test_several_processes_give_the_same_in_the_same_order(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "SMALL_SET_CLIPS", 4)
    monkeypatch.setattr(measuring, "CHUNK_CLIPS", 2)
    for i in range(9):
        write_tone(tmp_path / f"{i}.wav", seconds=0.1 + 0.01 * i)
    corpus = FolderCorpus(str(tmp_path))
    entries = corpus.manifest().entries
    one = list(measured(corpus, entries, "measuring", workers=1))
    assert [x.key for x in one] == [entry.key for entry in entries]
    assert list(measured(corpus, entries, "measuring", workers=2)) == one


def test_rendered_clips():
    corpus = SyntheticCorpus(2, 1, 1, seconds=0.5)
    found = list(measured(corpus, corpus.manifest().entries, "measuring", workers=1))
    assert [(x.seconds, x.kind, x.sample_rate) for x in found] == [(0.5, "rendered", 16000)] * 4
