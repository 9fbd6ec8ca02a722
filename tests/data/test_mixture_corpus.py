from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.audio.reading import UnreadableAudio
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.mixture_corpus import MixtureCorpus
from tests.fakes.mixture import write_int16, write_mixture
from tests.fakes.tone import cut_file


class Folder(MixtureCorpus):
    name, folder, landmark, layout, url = "folder", "", "", "", ""

    def manifest(self):
        return Manifest((ENTRY,), (), multi_label=False)


ENTRY = Entry("mix", "mix.wav", 0.0, None, (), "train", 0, ("a.wav", "b.wav"))


@pytest.fixture
def corpus(tmp_path):
    write_mixture(tmp_path / "mix.wav", [tmp_path / "a.wav", tmp_path / "b.wav"])
    return Folder(str(tmp_path))


def read(corpus, sources=True, sample_rate=16000, mono=True, entry=ENTRY):
    return corpus.audio(entry, sample_rate=sample_rate, mono=mono, sources=sources)


def test_the_mixture_comes_first_and_is_the_sum(corpus):
    clip = read(corpus)
    assert clip.shape == (3, 1, 3200)
    assert np.array_equal(clip[0], clip[1] + clip[2])
    written = np.stack([sf.read(corpus.root / name, dtype="float32")[0] for name in ("mix.wav", "a.wav", "b.wav")])
    assert np.array_equal(clip[:, 0], written)


def test_it_stays_the_sum_at_another_rate(corpus):
    clip = read(corpus, sample_rate=11025)
    assert np.abs(clip[0] - clip[1:].sum(0)).max() < 1e-4


def test_sources_that_are_not_asked_for_are_not_read(corpus):
    (corpus.root / "a.wav").unlink()
    assert read(corpus, sources=False).shape == (1, 1, 3200)


def break_sum(root):
    write_int16(root / "b.wav", np.zeros(3200, np.int16))


def shorten(root):
    write_int16(root / "b.wav", sf.read(root / "b.wav", dtype="int16")[0][:3000])


def two_channels(root):
    write_int16(root / "b.wav", np.zeros((3200, 2), np.int16))


BAD = {
    "absent": (lambda root: (root / "a.wav").unlink(), "mix.wav: its source a.wav: no such file"),
    "cut": (lambda root: cut_file(root / "a.wav", 0.5), "mix.wav: its source a.wav: cut short"),
    "short": (shorten, "mix.wav: its source b.wav has 3000 samples, the mixture 3200"),
    "channels": (two_channels, r"mix.wav: its source b.wav has 2 channel\(s\), the mixture 1"),
    "sum": (break_sum, r"mix.wav: not the sum of its 2 listed source\(s\), it is off by up to 0.2 of full scale"),
}


@pytest.mark.parametrize(("harm", "why"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told(corpus, harm, why):
    harm(corpus.root)
    with pytest.raises(UnreadableAudio, match=why):
        read(corpus, mono=False)


def test_rounding_of_single_files_is_no_error(corpus):
    wave, rate = sf.read(corpus.root / "b.wav", dtype="int16")
    write_int16(corpus.root / "b.wav", wave + 3, rate)
    assert read(corpus).shape == (3, 1, 3200)
