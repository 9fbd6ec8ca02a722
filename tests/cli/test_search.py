from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.cli.main import main
from tests.fakes.tone import write_tone
from tests.fakes.trained import write_trained
from tests.report.test_write import checked


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Recordings, their embeddings, and the checkpoint that made them; to be read only."""
    root = tmp_path_factory.mktemp("search")
    for i in range(6):
        write_tone(root / f"birds/{i}.wav", 300 * 1.5**i, 3.0, 22050)
    write_tone(root / "birds/far/long.flac", 2000, 12.0)
    write_trained(root / "a.ckpt")
    words = ["--checkpoint", str(root / "a.ckpt"), "--out", str(root / "a.npz"), "--window", "3"]
    assert main(["embed", str(root / "birds"), *words]) == 0
    return root


def test_the_nearest_are_printed_best_first(sepcl, folder):
    answer = sepcl(f"search {folder}/birds/2.wav --in {folder}/a.npz --top 3")
    assert answer.code == 0, answer.err
    head, *lines = answer.out.splitlines()
    assert head == f"like {folder}/birds/2.wav, 0 to 3.0 s"
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    scores = [float(line.split()[1]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert not any(line.endswith("  2.wav") for line in lines)
    assert all("0.0 - 3.0 s" in line or "far/long.flac" in line for line in lines)


def test_a_copy_under_another_name_is_the_same_sound(sepcl, folder, tmp_path):
    copy = shutil.copy(folder / "birds/4.wav", tmp_path / "query.wav")
    first = sepcl(f"search {copy} --in {folder}/a.npz").out.splitlines()[1].split()
    assert first == ["1", "1.000", "0.0", "-", "3.0", "s", "4.wav"]


def test_windows_and_whole_recordings(sepcl, folder):
    every = sepcl(f"search {folder}/birds/far/long.flac --in {folder}/a.npz --start 3 --end 6 --every-window --top 50")
    assert every.out.count("far/long.flac") == 1 + 3  # the head, and what does not overlap the example
    whole = sepcl(f"search {folder}/birds/0.wav --in {folder}/a.npz --per-file")
    assert "0.0 - 12.0 s  far/long.flac" in whole.out
    long = sepcl(f"search {folder}/birds/far/long.flac --in {folder}/a.npz")
    assert "mean of its 4 windows; --start and --end choose a part" in long.out


def test_the_page_is_one_file(sepcl, folder, tmp_path):
    answer = sepcl(f"search {folder}/birds/far/long.flac --in {folder}/a.npz --page {tmp_path}/page.html")
    assert answer.out.splitlines()[-1] == f"{tmp_path}/page.html"
    page = checked(tmp_path / "page.html")
    assert page.tags.count("audio") == page.tags.count("img") == 7
    assert all(source.startswith("data:") for source in page.sources)
    assert "script" not in page.tags
    text = (tmp_path / "page.html").read_text()
    assert "7 recordings in " in text
    assert "Of longer stretches the loudest 10 s are heard" in text


def test_what_was_moved_is_named(sepcl, refused, folder, tmp_path):
    for name in ("a.ckpt", "a.npz"):
        shutil.copy(folder / name, tmp_path / name)
    shutil.copytree(folder / "birds", tmp_path / "birds")
    words = ["--checkpoint", str(tmp_path / "a.ckpt"), "--out", str(tmp_path / "a.npz")]
    assert main(["embed", str(tmp_path / "birds"), *words]) == 0
    (tmp_path / "a.ckpt").rename(tmp_path / "b.ckpt")
    (tmp_path / "birds").rename(tmp_path / "moved")
    search = f"search {folder}/birds/2.wav --in {tmp_path}/a.npz"
    assert "a.ckpt is gone: name it with --checkpoint if it was moved" in refused(search)
    search += f" --checkpoint {tmp_path}/b.ckpt --page {tmp_path}/page.html"
    assert sepcl(search).code == 0
    assert "7 of 8 recordings were not found and cannot be heard" in (tmp_path / "page.html").read_text()
    assert sepcl(f"{search} --root {tmp_path}/moved").code == 0
    assert "not found" not in (tmp_path / "page.html").read_text()


def test_another_checkpoint_is_refused(refused, folder, tmp_path):
    other = write_trained(tmp_path / "other.ckpt", plugins=[])
    told = refused(f"search {folder}/birds/2.wav --in {folder}/a.npz --checkpoint {other}")
    assert "other.ckpt is not the checkpoint that made these embeddings (its content differs)" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nowhere.wav --in nowhere.npz", "no file nowhere.wav: name a recording of what you look for"),
        ("{root}/birds/2.wav --in nowhere.npz", "no file nowhere.npz: name one that `sepcl embed` wrote"),
        ("{root}/birds/2.wav --in {root}/a.ckpt", "a.ckpt holds no embeddings of recordings"),
        ("{root}/birds/2.wav --in {root}/a.npz --start 9", "no samples from 9 s on: it lasts 3 s"),
        ("{root}/birds/2.wav --in {root}/a.npz --page no/where.html", "no folder no: make it first"),
        ("{root}/birds/2.wav --in {root}/a.npz --per-file --every-window", "not allowed with argument"),
        ("{root}/silent.wav --in {root}/a.npz", "silent from 0 to 1 s: there is nothing to look for"),
        ("{root}/nan.wav --in {root}/a.npz", "samples are NaN or infinite"),
        ("{root}/a.npz --in {root}/a.npz", "damaged, or no audio format that libsndfile reads"),
    ],
)
def test_a_wrong_word_is_one_sentence(refused, folder, line, said):
    sf.write(folder / "silent.wav", np.zeros(16000), 16000)
    sf.write(folder / "nan.wav", np.full(16000, np.nan, np.float32), 16000, subtype="FLOAT")
    assert said in refused(f"search {line.format(root=folder)}")
