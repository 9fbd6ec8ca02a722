from __future__ import annotations

import pytest
import torch

from lightning_sepcl.explore.embeddings import Origin
from tests.fakes.tone import write_tone


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def origin():
    """Of the toy embedder at 8 kHz: windows of 2 s every second."""
    return Origin(
        root="", checkpoint="/runs/a.ckpt", checkpoint_hash="0" * 64, method="Toy", readout="embedding",
        sample_rate=8000, microphones=1, window_seconds=2.0, hop_seconds=1.0, version="0.1.0",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Recordings of four formats, rates and lengths, nested; a broken, an empty and a text file."""
    root = tmp_path / "recordings"
    for i, (name, seconds, rate, channels) in enumerate(
        [("b/a.wav", 5.3, 44100, 2), ("b/c/d.flac", 0.4, 22050, 1), ("z.ogg", 3.0, 8000, 1), ("a.mp3", 2.0, 16000, 1)]
    ):
        write_tone(root / name, 300 + 100 * i, seconds, rate, channels)
    (root / "broken.wav").write_bytes(b"RIFF" + bytes(100))
    (root / "empty.flac").touch()
    (root / "notes.txt").write_text("no audio")
    return root
