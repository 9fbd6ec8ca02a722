"""A folder of mixed files, some of them broken: train, embed, search and report through the command line."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.run_folder import RunFolder
from lightning_sepcl.explore.embeddings import Embeddings
from tests.fakes.tone import tone
from tests.report.test_write import checked

HERE = Path(__file__).parent
EXPERIMENTS = HERE.parents[1] / "experiments"
JOINT = ["--config", str(EXPERIMENTS / "scenes/joint.yaml"), "--config", str(EXPERIMENTS / "scales/smoke.yaml")]
KINDS = [("wav", 44100, 2), ("flac", 22050, 1), ("ogg", 16000, 2), ("mp3", 32000, 1)]


def write_folder(root):
    """18 readable files of four formats, one of them long, a broken one, an empty one and a text."""
    rng = np.random.default_rng(0)
    for i in range(18):
        ending, rate, channels = KINDS[i % 4]
        seconds = 11.0 if i == 0 else 1.0 + i % 3
        wave = tone(150 * 1.2**i, seconds, rate) + 0.02 * rng.standard_normal(round(seconds * rate))
        path = root / f"day {i % 2}" / f"{i:02d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, np.stack([wave] * channels, axis=1), rate)
    (root / "broken.wav").write_bytes(b"RIFF" + bytes(300))
    (root / "empty.ogg").touch()
    (root / "notes.txt").write_text("Tuesday: rain")
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder and the run."""
    home = tmp_path_factory.mktemp("own")
    folder, run = write_folder(home / "my_folder"), home / "run"
    data = ["--data", "AudioFolder", "--data.root", str(folder), "--data.labels", "none", "--data.max_skipped", "0.2"]
    words = ["--data.cache_dir", str(home / "cache"), "--threads", "1", "--trainer.precision=32-true"]
    assert main(["fit", *JOINT, *data, *words, "--run", str(run)]) == 0
    assert main(["test", "--run", str(run)]) == 0
    yield folder, run
    torch.use_deterministic_algorithms(False)


def test_embed_and_search(trained, tmp_path, capsys):
    folder, run = trained
    out, page = tmp_path / "embeddings.npz", tmp_path / "search.html"
    assert main(["embed", str(folder), "--checkpoint", str(run), "--out", str(out), "--frames"]) == 0
    assert "20 windows of 18 files" in capsys.readouterr().out
    with (tmp_path / "embeddings.npz.skipped.csv").open() as file:
        assert [row["path"] for row in csv.DictReader(file)] == ["broken.wav", "empty.ogg"]
    found = Embeddings.read(out)
    assert found.start[found.file == found.paths.index("day 0/00.wav")].tolist() == [0, 5, 6]
    assert len(found.frames.offsets) == 19
    assert main(["search", str(folder / "day 1/05.flac"), "--in", str(out), "--page", str(page), "--top", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "05.flac" not in "".join(lines[1:])
    assert checked(page).tags.count("audio") == 5


def test_the_report_of_a_run_without_labels(trained):
    _, run = trained
    assert main(["report", str(run)]) == 0
    page = checked(run / "report.html")
    text = (run / "report.html").read_text()
    assert "No figures: none of the test clips has a label." in text
    assert "No results.json" not in text
    assert "no label<" not in text
    assert "share a class" not in text
    for title in ("Learning curves", "Views", "Nearest neighbours", "Settings and provenance"):
        assert f"<h2>{title}</h2>" in text
    assert "Map of the test set" not in text
    assert page.tags.count("audio") >= 2


def test_killed_and_continued_it_writes_the_same_file(trained, tmp_path, capsys):
    folder, run = trained
    words = [str(folder), "--checkpoint", str(run), "--threads", "1", "--frames", "--out"]
    assert main(["embed", *words, str(tmp_path / "whole.npz")]) == 0
    command = [sys.executable, str(HERE / "killable_embed.py"), "5", "embed", *words, str(tmp_path / "a.npz")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    assert not (tmp_path / "a.npz").exists()
    assert main(["embed", *words, str(tmp_path / "a.npz")]) == 0
    assert "going on: 4 of 20 files were finished before" in capsys.readouterr().err
    a, b = (Embeddings.read(tmp_path / name) for name in ("whole.npz", "a.npz"))
    assert (a.paths, a.origin) == (b.paths, b.origin)
    for name in ("seconds", "file", "start", "end"):
        assert np.array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_allclose(b.h, a.h, rtol=1e-4, atol=1e-5)  # other batches, other rounding
    np.testing.assert_allclose(b.frames.h, a.frames.h, rtol=1e-4, atol=1e-5)
    assert np.array_equal(b.frames.time, a.frames.time)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.npz", "a.npz.skipped.csv", "whole.npz", "whole.npz.skipped.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("folders", "count"), [(("", "", ""), 3), (("dawn",) * 20, 20)], ids=["three files", "a label"]
)
def test_recordings_that_no_figure_can_be_told_of_are_trained_on(folders, count, tmp_path):
    for i, folder in enumerate(folders):
        path = tmp_path / "sounds" / folder / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, tone(150 * 1.2**i, 12.0 if count == 3 else 2.0, 16000), 16000)
    data = [
        "--data",
        "AudioFolder",
        "--data.root",
        str(tmp_path / "sounds"),
        "--data.cache_dir",
        str(tmp_path / "cache"),
    ]
    words = ["--data.batch_size", "4", "--threads", "1", "--trainer.precision=32-true", "--run", str(tmp_path / "run")]
    assert main(["fit", *JOINT, *data, *words]) == 0
    folder = RunFolder(tmp_path / "run")
    assert folder.to_judge() == folder.checkpoints / "last.ckpt"
    torch.use_deterministic_algorithms(False)
