from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from lightning_sepcl.cli import data_modules, data_prepare
from lightning_sepcl.data.publications import Parcel, Publication, RemoteFile
from tests.fakes.esc import write_esc
from tests.fakes.file_server import FileServer, Served
from tests.fakes.fsdd import write_fsdd
from tests.fakes.tone import cut_file, write_tone


@pytest.fixture(autouse=True)
def no_packs(monkeypatch, tmp_path):
    monkeypatch.delenv("SEPCL_DATA", raising=False)
    monkeypatch.setenv("SEPCL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def esc():
    return write_esc(Path("packs/ESC-50"))


def test_alone_it_says_what_there_is(sepcl):
    answer = sepcl("data")
    assert answer.code == 0
    assert len(answer.out.splitlines()) <= 10
    assert all(f"  {verb} " in answer.out for verb in ("prepare", "check", "stats", "table"))


REFUSED = {
    "data chekc ESC50": "error: sepcl data: no 'chekc'; did you mean check?; there are: ",
    "data prepare Nonsense": "error: no data set 'Nonsense'; there are: AudioFolder, AudioSet, ",
    "data check ECS50": "error: no data set 'ECS50'; did you mean ESC50?",
    "data check ESC50 --root nowhere": "error: no esc50 found; looked in: nowhere, nowhere/ESC-50. Expected there: ",
    "data check ESC50": "error: no esc50 found; looked in: nowhere (neither root nor SEPCL_DATA is set)",
    "data check AudioFolder": "error: sepcl data check: AudioFolder needs --root: the folder; searched with all",
    "data check ESC50 --tset_fold 3": "error: sepcl data check: ESC50 has no option --tset_fold; did you mean --test",
    "data check ESC50 --test_fold three": "error: sepcl data check: ESC50 --test_fold: ",
    "data check": "error: sepcl data check: the following arguments are required: NAME",
    "data prepare SyntheticScenes": "error: no download is known for SyntheticScenes; these can be prepared: Audio",
    "data prepare ESC50": "error: say where data sets shall lie: --root DIR, or SEPCL_DATA=DIR",
    "data stats ESC50 --out a.doc": "error: --out must be a folder or end in .png, .svg, .pdf, found a.doc",
    "data stats ESC50 --clips 0 --root packs": "error: --clips must be at least 1, found 0",
    "data table": "error: SEPCL_DATA is not set: name the folder that holds the data sets",
}


@pytest.mark.parametrize(("line", "begin"), REFUSED.items(), ids=REFUSED)
def test_wrong_words_get_one_line(refused, esc, line, begin):
    message = refused(line)
    assert message.startswith(begin)
    assert len(message.splitlines()) == 1


class TestCheck:
    def test_a_whole_data_set(self, sepcl, esc):
        answer = sepcl("data check esc50 --root packs")
        assert answer.code == 0, answer.err
        assert answer.out.startswith("esc50 in packs/ESC-50\nlayout: meta/esc50.csv and")
        assert "train      12     12       0      0\n" in answer.out
        assert answer.out.endswith("training could begin (--read would decode every file first)\n")

    def test_what_is_missing(self, sepcl, esc):
        (esc / "audio/2-1005-A-1.wav").unlink()
        cut_file(esc / "audio/1-1000-A-0.wav", 0.5)
        answer = sepcl("data check ESC50 --root packs --read")
        assert answer.code == 2
        assert "cannot be read: audio/1-1000-A-0.wav: cut short" in answer.out
        assert answer.err.startswith("error: esc50: of 20 clips 1 absent, 1 unreadable; get or mend them")

    def test_json(self, sepcl, esc):
        (esc / "audio/2-1005-A-1.wav").unlink()
        answer = sepcl("data check ESC10 --root packs --json")
        assert answer.code == 2
        found = json.loads(answer.out)
        assert (found["ready"], found["clips"], found["parts"][0]["absent"]) == (False, 15, 1)
        assert found["problem"].startswith("esc10: of 15 clips 1 absent")
        absent = sepcl("data check ESC10 --root nowhere --json")
        assert (absent.code, json.loads(absent.out)["ready"]) == (2, False)
        (esc / "audio/2-1005-A-1.wav").write_bytes((esc / "audio/2-1004-A-0.wav").read_bytes())
        assert sepcl("data check ESC10 --root packs --json").code == 0

    def test_options_of_the_data_module(self, sepcl, esc):
        assert "val         4" in sepcl("data check ESC50 --root packs --test_fold 2 --val_fold=3").out
        write_fsdd(Path("digits"))
        answer = sepcl("data check FSDD --root digits --test_speaker theo --val_takes [6]")
        assert "test       16     16" in answer.out, answer.err

    def test_recordings_of_ones_own(self, sepcl):
        for i in range(10):
            write_tone(Path(f"mine/{i}.wav"))
        answer = sepcl("data check AudioFolder --root mine")
        assert answer.code == 0
        assert "0 classes, no clip has a label" in answer.out


class TestStats:
    def test_a_table_and_a_picture(self, sepcl, esc):
        cut_file(esc / "audio/1-1000-A-0.wav", 0.5)
        answer = sepcl("data stats ESC50 --root packs")
        assert answer.code == 0, answer.err
        assert "16000 Hz, 1 channel, WAV PCM_16" in answer.out
        assert "cannot be read: audio/1-1000-A-0.wav: cut short" in answer.out
        assert answer.out.endswith("\nESC50.png\n")
        assert Path("ESC50.png").read_bytes().startswith(b"\x89PNG")

    def test_json_a_folder_and_a_draw(self, sepcl, esc):
        answer = sepcl("data stats ESC50 --root packs --out pictures --clips 7 --json")
        found = json.loads(answer.out)
        assert found["picture"] == "pictures/ESC50.png"
        assert Path("pictures/ESC50.png").exists()
        assert sum(split["clips"] for split in found["splits"].values()) == 7
        assert json.loads(sepcl("data stats ESC50 --root packs --out pictures --clips 7 --json").out) == found

    def test_nothing_can_be_read(self, refused, esc):
        for path in (esc / "audio").iterdir():
            path.write_bytes(b"")
        assert refused("data stats ESC50 --root packs").startswith("error: no clip of esc50 can be read; audio/")


def test_the_table_of_all_data_sets(sepcl, esc, monkeypatch):
    monkeypatch.setenv("SEPCL_DATA", "packs")
    write_esc(Path("packs/ESC-50-other"))
    write_fsdd(Path("packs/free-spoken-digit-dataset"))
    Path("packs/NSynth/nsynth-test").mkdir(parents=True)
    answer = sepcl("data table --out pages/datasets.md")
    assert answer.code == 0, answer.err
    page = Path("pages/datasets.md").read_text()
    lines = [line.split(" | ")[:3] for line in page.splitlines() if line.count(" | ") == 5][2:]
    assert lines == [
        ["| ESC-50, `ESC10`", "3", "15"],
        ["| ESC-50-other, `ESC10`", "3", "15"],
        ["| ESC-50, `ESC50`", "4", "20"],
        ["| ESC-50-other, `ESC50`", "4", "20"],
        ["| free-spoken-digit-dataset, `FSDD`", "10", "32"],
    ]
    assert "NSynth: NSynth is left out: no file" in answer.err
    assert "packs" not in page


class TestPrepare:
    @pytest.fixture
    def published(self, monkeypatch):
        """A small ESC-50 behind a server of this machine."""
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        buffer = io.BytesIO()
        source = write_esc(Path("source"))
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in source.rglob("*"):
                archive.write(path, f"ESC-50-1/{path.relative_to(source)}")
        with FileServer() as server:
            server.files["/esc.zip"] = Served(buffer.getvalue())
            parcel = Parcel((RemoteFile(f"{server.url}/esc.zip"),), ("audio", "meta"), "ESC-50-1", True, 10_000)
            small = Publication("ESC-50", ("ESC50", "ESC10"), "ESC-50", "CC BY-NC", "Piczak 2015", "page", (parcel,))
            monkeypatch.setattr(data_modules, "PUBLICATIONS", (small,))
            yield server

    def test_from_nothing_to_a_data_set(self, sepcl, published):
        answer = sepcl("data prepare ESC50 --root here")
        assert answer.code == 0, answer.err
        assert "licence: CC BY-NC\ncite: Piczak 2015\nto download: 1 file(s), about " in answer.out
        assert "sha256:" in answer.out
        assert "none is published to compare with" in answer.out
        assert answer.out.endswith("training could begin (--read would decode every file first)\n")
        again = sepcl("data prepare ESC10 --root here/ESC-50")
        assert "there already: audio, meta" in again.out
        assert len(published.requests) == 1

    def test_sepcl_data_is_the_default_place(self, sepcl, published, monkeypatch):
        monkeypatch.setenv("SEPCL_DATA", "packs")
        assert sepcl("data prepare ESC50").code == 0
        assert Path("packs/ESC-50/meta/esc50.csv").exists()

    def test_no_server(self, refused, published):
        published.files.clear()
        assert "the server answers 404" in refused("data prepare ESC50 --root here")
        assert not Path("here/ESC-50").exists()

    def test_what_has_to_be_got_by_hand(self, sepcl, published, monkeypatch):
        published.files["/labels.csv"] = Served(b"index,mid,display_name\n")
        file = RemoteFile(f"{published.url}/labels.csv")
        parcel = Parcel((file,), ("labels.csv",), archive=False)
        half = Publication(
            "AudioSet", ("AudioSet",), "AudioSet", "CC BY", "2017", "page", (parcel,), "Ask for the sound"
        )
        monkeypatch.setattr(data_modules, "PUBLICATIONS", (half,))
        answer = sepcl("data prepare AudioSet --root here")
        assert answer.code == 2
        assert "Ask for the sound; see page.\nExpected in " in answer.out
        assert answer.err.startswith("error: no class_labels_indices.csv")
        assert data_prepare.publication_of("AudioSet") is half
