from __future__ import annotations

import numpy as np
import pytest
import torch

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.cli.embed import device_named, file_hash
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.explore.embeddings import Embeddings
from tests.fakes.tone import write_tone
from tests.fakes.trained import write_trained


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three recordings, a file that is none, and a checkpoint; to be read only."""
    root = tmp_path_factory.mktemp("embed")
    write_tone(root / "birds/a.wav", 400, 7.0, 44100, 2)
    write_tone(root / "birds/b/c.ogg", 900, 2.0, 22050)
    write_tone(root / "birds/b/d.flac", 1700, 0.3, 16000)
    (root / "birds/e.mp3").write_text("no audio")
    write_trained(root / "a.ckpt")
    return root


@pytest.fixture
def embed(folder, sepcl, tmp_path):
    def run(line, *words):
        return sepcl(f"embed {folder}/birds --checkpoint {folder}/a.ckpt --out {tmp_path}/a.npz {line}", *words)

    return run


def test_a_folder_becomes_a_file(embed, folder, tmp_path):
    answer = embed("--threads 1")
    assert answer.code == 0, answer.err
    assert answer.out.startswith(f"{tmp_path}/a.npz: 4 windows of 3 files, 0.2 min\nskipped 1 unreadable file(s), ")
    found = Embeddings.read(tmp_path / "a.npz")
    assert found.paths == ("a.wav", "b/c.ogg", "b/d.flac")
    assert list(zip(found.start, found.end, strict=True)) == [(0, 5), (2, 7), (0, 2), (0, 0.3)]
    about = found.origin
    assert (about.root, about.checkpoint) == (str(folder / "birds"), str(folder / "a.ckpt"))
    assert about.checkpoint_hash == file_hash(folder / "a.ckpt")
    assert (about.method, about.readout, about.sample_rate, about.microphones) == ("SimCLR", "embedding", 16000, 1)
    assert (about.window_seconds, about.hop_seconds) == (5, 5)
    wave = torch.from_numpy(read_audio(folder / "birds/a.wav", 16000))[None, :, 32000:]
    expected = load_trained(folder / "a.ckpt").embed(wave, torch.tensor([80000]))["embedding"]
    np.testing.assert_allclose(found.h[1], expected[0], rtol=1e-4, atol=1e-6)


def test_frames_readout_window_and_batch(embed, folder, tmp_path):
    assert embed("--frames --readout blocks --window 2 --hop 1 --batch-size 2").code == 0
    found = Embeddings.read(tmp_path / "a.npz")
    method = load_trained(folder / "a.ckpt")
    assert found.start[found.file == 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert found.h.shape == (8, 3 * (4 + 8))
    time, h = found.frames.of(0)
    assert h.shape[1] == 8
    np.testing.assert_allclose(np.diff(time), 1 / method.frame_rate)
    assert 7 - 2 / method.frame_rate < time[-1] < 7
    assert embed("--frames --readout blocks --window 2 --hop 1 --batch-size 100").code == 0
    again = Embeddings.read(tmp_path / "a.npz")
    np.testing.assert_allclose(again.h, found.h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(again.frames.h, found.frames.h, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--readout embeding", "no 'embeding' in this checkpoint; did you mean embedding?; it has blocks, embedding"),
        ("--window 0.5", "--window 0.5 is less than the 0.975 s this encoder was trained on"),
        ("--hop 0", "--window and --hop must be above 0 s, found 5 and 0"),
        ("--batch-size 0", "argument --batch-size: invalid whole number from 1 on value: '0'"),
        ("--chekpoint a", "no option --chekpoint; did you mean --checkpoint?"),
        ("--out a.csv", "a.csv must end in .npz or .parquet"),
        ("--out nowhere/a.npz", "no folder nowhere: make it first"),
        ("--checkpoint nowhere.ckpt", "no checkpoint nowhere.ckpt"),
        ("nowhere", "no file or folder nowhere: name the folder that holds your recordings"),
    ],
)
def test_a_wrong_word_is_one_sentence(folder, refused, line, said):
    words = {"--checkpoint": f"{folder}/a.ckpt", "--out": "a.npz"}
    given = line.split()
    place = "" if given[0] == "nowhere" else f"{folder}/birds "
    rest = "".join(f" {name} {value}" for name, value in words.items() if name not in given)
    assert said in refused(f"embed {place}{line}{rest}")


def test_a_gpu_that_is_not_there(refused, folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "PyTorch sees no GPU here" in refused(
        f"embed {folder}/birds --checkpoint {folder}/a.ckpt --out a.npz --device cuda"
    )
    assert device_named("auto") == torch.device("cpu")
