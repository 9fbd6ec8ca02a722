from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.decoding import Cutting
from lightning_sepcl.explore.recordings import cutting_for, embedded_files
from lightning_sepcl.explore.windows import repeated
from tests.explore.toy_embedder import ToyEmbedder
from tests.fakes.tone import write_tone


def embed(files, cutting=None, batch_size=4, **options):
    toy = ToyEmbedder()
    cutting = cutting or cutting_for(toy, 1, 2.0, 1.0, False)
    return toy, list(embedded_files(toy, files, cutting, readout="embedding", batch_size=batch_size, **options))


def all_files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


def test_each_window_is_that_of_the_whole_decoded_file(folder):
    files = [folder / "b/a.wav", folder / "b/c/d.flac", folder / "z.ogg", folder / "a.mp3"]
    _, found = embed(files)
    assert [r.start.tolist() for r in found] == [[0, 1, 2, 3, 3.3], [0], [0, 1], [0]]
    for path, recording in zip(files, found, strict=True):
        wave = read_audio(path, 8000)
        assert recording.seconds == wave.shape[1] / 8000
        for start, end, h in zip(recording.start, recording.end, recording.h, strict=True):
            window = repeated(wave[:, round(start * 8000) : round(end * 8000)], 16000)
            expected = ToyEmbedder.row(torch.from_numpy(window))
            np.testing.assert_allclose(h, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_the_batch_changes_nothing_and_crosses_files(folder, batch_size):
    files = all_files(folder)
    _, expected = embed(files)
    toy, found = embed(files, batch_size=batch_size)
    for a, b in zip(found, expected, strict=True):
        assert isinstance(a, str) or np.allclose(a.h, b.h, rtol=1e-6)
        assert not isinstance(a, str) or a == b
    assert set(toy.batches[:-1]) <= {batch_size}
    assert sum(toy.batches) == 9


def test_unreadable_files_say_why_and_leave_nothing_behind(folder):
    wave = np.full(40000, 0.1, np.float32)
    wave[39999] = np.nan  # found when windows of the file are waiting already
    sf.write(folder / "nan.wav", wave, 8000, subtype="FLOAT")
    files = [folder / "nan.wav", folder / "broken.wav", folder / "empty.flac", folder / "notes.txt", folder / "z.ogg"]
    toy, found = embed(files, batch_size=100)
    assert "NaN" in found[0]
    assert "no audio format" in found[1]
    assert "empty" in found[2]
    assert "no audio format" in found[3]
    assert len(found[4].h) == toy.batches[0] == 2


def test_frames_are_a_regular_grid_over_the_whole_file(tmp_path):
    path = write_tone(tmp_path / "a.wav", 100, 5.3, 8000)
    toy = ToyEmbedder(stride=1100)
    cutting = cutting_for(toy, 1, 2.0, 2.0, True)
    assert cutting == Cutting(8000, 1, 16000, 16000, 16000, 14 * 1100, 550 / 8000)
    [recording] = embedded_files(toy, [path], cutting, readout="embedding")
    np.testing.assert_allclose(recording.frame_time, (np.arange(39) + 0.5) * 1100 / 8000)  # the last one at 5.29 s
    padded = np.pad(read_audio(path, 8000), ((0, 0), (0, 2000)))
    expected = toy.embed_frames(torch.from_numpy(padded)[None])[0].mT[:39]
    np.testing.assert_allclose(recording.frame_h, expected, rtol=1e-5, atol=1e-8)


def test_a_short_file_has_a_frame(tmp_path):
    toy = ToyEmbedder(stride=4000)
    path = write_tone(tmp_path / "a.wav", 100, 0.1, 8000)
    [recording] = embedded_files(toy, [path], cutting_for(toy, 1, 2.0, 2.0, True), readout="embedding")
    assert recording.frame_h.shape == (1, 3)


def test_half_an_hour_takes_little_memory(tmp_path):
    """39.7 million samples, 159 MB as float32, resampled to 8 kHz over all block edges."""
    rng, path = np.random.default_rng(0), tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 22050, 1, "PCM_U8") as file:
        for _ in range(30):
            file.write(rng.integers(-30000, 30000, 60 * 22050, np.int16))
    toy = ToyEmbedder()
    cutting, heard = cutting_for(toy, 1, 5.0, 5.0, False), []
    tracemalloc.start()
    [recording] = embedded_files(toy, [path], cutting, readout="embedding", batch_size=8, heard=heard.append)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6
    assert sum(heard) == pytest.approx(1800)
    whole = torch.from_numpy(read_audio(path, 8000)).unfold(-1, 40000, 40000)[0]
    expected = torch.stack([toy.row(window[None]) for window in whole])
    np.testing.assert_allclose(recording.h, expected, rtol=1e-5)


def test_an_embedding_that_is_not_finite_is_told_and_the_thread_ends(folder):
    class Broken(ToyEmbedder):
        @staticmethod
        def row(wave):
            return ToyEmbedder.row(wave) / 0

    toy = Broken()
    work = embedded_files(toy, [folder / "z.ogg"] * 50, cutting_for(toy, 1, 2.0, 1.0, False), readout="embedding")
    with pytest.raises(UserError, match=r"embedding of .*z.ogg at 0 s is not finite"):
        list(work)
    assert not [t for t in threading.enumerate() if t.name == "decoding"]
