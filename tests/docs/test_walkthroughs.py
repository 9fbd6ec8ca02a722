"""Pages that a user follows from first to last command, with tiny settings: own recordings, separating.

What is put behind the pages' `sepcl fit` is in `SHORT`; all other commands and the Python are run as they stand.
"""

from __future__ import annotations

import contextlib
import io
import shutil

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.cli.main import main
from lightning_sepcl.explore.page.server import PageServer
from tests.docs.pages import ROOT, blocks_of, commands_of
from tests.fakes.tone import tone

SHORT = {
    "own_recordings": ["--config", "experiments/scales/smoke.yaml", "--trainer.precision=32-true"],
    "separate": ["--config", "experiments/scenes/scales/smoke_separator.yaml"],
}

pytestmark = pytest.mark.slow


def looked_at_and_closed(server):
    raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The experiments, and recordings under the names that the pages use."""
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEPCL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEPCL_WORKERS", "1")
    monkeypatch.setenv("BROWSER", "true")
    monkeypatch.setattr(PageServer, "serve_forever", looked_at_and_closed)
    (tmp_path / "my_folder").mkdir()
    for i in range(20):
        sf.write(tmp_path / f"my_folder/{i:02d}.wav", tone(150 * 1.15**i, 2.0, 16000), 16000)
    shutil.copy(tmp_path / "my_folder/03.wav", tmp_path / "example.wav")
    noise = 0.1 * np.random.default_rng(0).standard_normal(48000)
    sf.write(tmp_path / "dawn.flac", tone(440, 3.0, 16000) + noise, 16000)
    yield tmp_path
    torch.use_deterministic_algorithms(False)


def followed(page, blocks):
    """The commands of some of a page's shell blocks, then its Python; what the latter prints and the names it made."""
    file = ROOT / f"docs/{page}.md"
    for block in blocks_of(file, "bash")[blocks]:
        for program, *words in commands_of(block):
            assert program == "sepcl"
            assert main([*words, *([*SHORT[page], "--threads", "1"] if words[0] == "fit" else [])]) == 0, words
    names, out = {}, io.StringIO()
    (code,) = blocks_of(file, "py")
    with contextlib.redirect_stdout(out):
        exec(code.text, names)
    return out.getvalue(), names


def test_own_recordings(folder):
    printed, names = followed("own_recordings", slice(1))  # the second block is about a data set of 1619 clips
    assert len(printed.splitlines()) == 5
    assert names["whole"].shape[0] == 20
    for file in ("runs/mine/report.html", "search.html"):
        assert (folder / file).stat().st_size > 1000


def test_separating(folder):
    _, names = followed("separate", slice(None))
    assert names["channels"].shape == (2, 48000)
    assert {p.name for p in (folder / "separated").iterdir()} >= {"dawn_1.wav", "dawn_2.wav", "S2", "S1", "F", "N"}
