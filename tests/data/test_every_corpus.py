"""What holds for every corpus with a fake: one body walks over all of them."""

from __future__ import annotations

import pickle

import pytest

from lightning_sepcl import data as room
from lightning_sepcl.data.audio_folder import FolderCorpus
from lightning_sepcl.data.audioset import AudioSetCorpus
from lightning_sepcl.data.corpus import Corpus, FileCorpus
from lightning_sepcl.data.esc import ESCCorpus
from lightning_sepcl.data.fsd50k import FSD50KCorpus
from lightning_sepcl.data.fsdd import FSDDCorpus
from lightning_sepcl.data.fsdnoisy18k import FSDnoisy18kCorpus
from lightning_sepcl.data.fuss import FUSSCorpus
from lightning_sepcl.data.libri2mix import Libri2MixCorpus
from lightning_sepcl.data.nsynth import NSynthCorpus
from lightning_sepcl.data.simulated_rooms import SimulatedRoomsCorpus
from lightning_sepcl.data.speech_commands import SpeechCommandsCorpus
from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus
from lightning_sepcl.data.tar_shards import TarCorpus
from tests.fakes.audioset import write_audioset
from tests.fakes.esc import write_esc
from tests.fakes.fsd50k import write_fsd50k
from tests.fakes.fsdd import write_fsdd
from tests.fakes.fsdnoisy18k import write_fsdnoisy18k
from tests.fakes.fuss import write_fuss
from tests.fakes.libri2mix import write_libri2mix
from tests.fakes.nsynth import write_nsynth
from tests.fakes.rooms import write_rooms
from tests.fakes.speech_commands import write_speech_commands

FAKES = {
    AudioSetCorpus: ("AudioSet", write_audioset),
    ESCCorpus: ("ESC-50", write_esc),
    FSD50KCorpus: ("FSD50K", write_fsd50k),
    FSDDCorpus: ("free-spoken-digit-dataset", write_fsdd),
    FSDnoisy18kCorpus: ("FSDnoisy18k", write_fsdnoisy18k),
    FUSSCorpus: ("FUSS", write_fuss),
    Libri2MixCorpus: ("Libri2Mix", write_libri2mix),
    NSynthCorpus: ("NSynth", write_nsynth),
    SimulatedRoomsCorpus: ("rooms", write_rooms),
    SpeechCommandsCorpus: ("SpeechCommands/speech_commands_v0.02", write_speech_commands),
}
WITHOUT_LAYOUT = {Corpus, FileCorpus, FolderCorpus, SyntheticCorpus, TarCorpus}


def test_every_corpus_of_the_room_has_a_fake():
    public = {thing for name in room.__all__ if isinstance(thing := getattr(room, name), type)}
    assert {thing for thing in public if issubclass(thing, Corpus)} - WITHOUT_LAYOUT == FAKES.keys()


@pytest.mark.parametrize("corpus_class", FAKES)
def test_a_corpus_is_whole(corpus_class, tmp_path, monkeypatch):
    folder, write = FAKES[corpus_class]
    monkeypatch.setenv("SEPCL_DATA", str(tmp_path))
    write(tmp_path / folder)
    corpus = pickle.loads(pickle.dumps(corpus_class()))  # as processes that read clips receive it
    manifest = corpus.manifest()
    elsewhere = corpus_class(str(tmp_path / folder))
    assert manifest.hash == elsewhere.manifest().hash
    assert corpus.made_of() == elsewhere.made_of()  # by which shards are recognised on another machine
    assert {"train", "test"} <= {entry.split for entry in manifest.entries}
    assert corpus.absent() == ()
    for entry in manifest.entries:
        assert "absent" not in corpus.fingerprint(entry)
        wave = corpus.audio(entry, sample_rate=16000, mono=True, sources=False)
        assert wave.shape[:2] == (1, 1)
        assert 0.05 < abs(wave).max() <= 1
