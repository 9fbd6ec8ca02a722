from __future__ import annotations

import json
import re
import shutil
import threading
from urllib.request import urlopen

import pytest

from lightning_sepcl.cli import explore
from lightning_sepcl.cli.main import main
from lightning_sepcl.explore.page.server import PageServer
from lightning_sepcl.explore.stored_map import map_file
from lightning_sepcl.separation.saved import save_separator
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from tests.fakes.tone import write_tone
from tests.fakes.trained import write_trained


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Recordings, their embeddings, and the checkpoint that made them; to be read only."""
    root = tmp_path_factory.mktemp("explore")
    for i in range(5):
        write_tone(root / f"birds/{i}.wav", 300 * 1.5**i, 3.0, 16000)
    write_trained(root / "a.ckpt")
    words = ["--checkpoint", str(root / "a.ckpt"), "--out", str(root / "a.npz"), "--window", "3"]
    assert main(["embed", str(root / "birds"), *words]) == 0
    net = TDCNpp(2, STFTBasis(64, 16), bottleneck=4, hidden=6, repeats=1, blocks=2, sample_rate=8000)
    save_separator(root / "s.safetensors", net)
    return root


@pytest.fixture
def served(monkeypatch, sepcl):
    """Runs the command, asks the page for some paths while it is served, and presses Ctrl-C."""

    serve = PageServer.serve_forever

    def run(line, *paths):
        found: list[bytes] = []
        opened: list[str] = []

        def ask_and_stop(server):
            thread = threading.Thread(target=serve, args=(server, 0.02))
            thread.start()
            found.extend(urlopen(server.address + path, timeout=60).read() for path in paths)
            server.shutdown()
            thread.join()
            raise KeyboardInterrupt

        monkeypatch.setattr(PageServer, "serve_forever", ask_and_stop)
        monkeypatch.setattr(explore.webbrowser, "open", opened.append)
        return sepcl(f"explore {line}"), found, opened

    return run


def test_a_page_is_served_until_it_is_closed(served, folder, tmp_path):
    shutil.copy(folder / "a.npz", tmp_path / "a.npz")
    answer, (front, about, wave), opened = served(f"{tmp_path}/a.npz", "", "about", "sound/2")
    assert answer.code == 0, answer.err
    told, *_, closed = answer.out.splitlines()
    assert re.fullmatch(r"5 clips of 5 recordings: (http://127\.0\.0\.1:\d+/[\w-]+/)", told)
    assert closed == "closed"
    assert opened == [told.partition(": ")[2]]
    assert b"<canvas" in front
    assert json.loads(about)["no_examples"] == ""
    assert wave[:4] == b"RIFF"
    assert map_file(tmp_path / "a.npz").is_file()


def test_no_browser_is_opened_where_none_is_wanted(served, folder):
    answer, _, opened = served(f"{folder}/a.npz --no-browser")
    assert answer.code == 0
    assert opened == []


def test_clips_are_taken_apart_and_examples_embedded_as_the_collection_was(folder):
    site = explore.site_of(explore.parser().parse_args([f"{folder}/a.npz", "--separator", f"{folder}/s.safetensors"]))
    assert len(site.channels.of(0)) == 2
    file = folder / "birds/3.wav"
    with file.open("rb") as content:
        found = site.examples.found("my.wav", content, file.stat().st_size)
    assert found["near"][0] == {"row": 3, "score": 1.0}


def test_what_is_missing_is_told_and_the_rest_works(served, folder, tmp_path):
    for name in ("a.ckpt", "a.npz"):
        shutil.copy(folder / name, tmp_path / name)
    shutil.copytree(folder / "birds", tmp_path / "birds")
    words = ["--checkpoint", str(tmp_path / "a.ckpt"), "--out", str(tmp_path / "a.npz")]
    assert main(["embed", str(tmp_path / "birds"), *words]) == 0
    (tmp_path / "a.ckpt").rename(tmp_path / "b.ckpt")
    (tmp_path / "birds").rename(tmp_path / "moved")
    answer, (about,), _ = served(f"{tmp_path}/a.npz", "about")
    assert f"no search by example: the checkpoint {tmp_path}/a.ckpt is gone" in answer.out
    assert f"nothing can be heard: no folder {tmp_path}/birds; --root names where" in answer.out
    assert "is gone" in json.loads(about)["no_examples"]
    line = f"{tmp_path}/a.npz --root {tmp_path}/moved --checkpoint {tmp_path}/b.ckpt"
    answer, (about, wave), _ = served(line, "about", "sound/0")
    assert json.loads(about)["no_examples"] == ""
    assert wave[:4] == b"RIFF"
    assert answer.out.startswith("5 clips of 5 recordings: ")  # nothing is missing any more


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nowhere.npz", "no file nowhere.npz: name one that `sepcl embed` wrote"),
        ("{root}/a.ckpt", "a.ckpt holds no embeddings of recordings"),
        ("{root}/a.npz --labels nowhere.csv", "no file nowhere.csv: expected a CSV with the columns file, label"),
        ("{root}/a.npz --separator nowhere.safetensors", "nowhere.safetensors"),
        ("{root}/a.npz --checkpoint nowhere.ckpt", "no checkpoint nowhere.ckpt"),
        ("{root}/a.npz --root nowhere", "no folder nowhere: --root names where the recordings are now"),
        ("{root}/a.npz --port 99999", "port 99999 cannot be used"),
        ("{root}/a.npz --prt 1", "no option --prt; did you mean --port?"),
    ],
)
def test_a_wrong_word_is_one_sentence(refused, folder, line, said):
    assert said in refused(f"explore {line.format(root=folder)}")
