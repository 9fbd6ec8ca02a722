from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.channels import Channels
from lightning_sepcl.explore.page.example import MOST_BYTES, Examples
from lightning_sepcl.explore.page.routes import Routes, Upload
from lightning_sepcl.explore.search import Query, search
from lightning_sepcl.separation.base import Separator
from tests.explore.page.conftest import GONE, LONG, OUTSIDE, TEXT
from tests.fakes.tone import tone

ROOT = Path(__file__).parents[3]


def value(answer):
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def upload(content: bytes):
    return Upload(io.BytesIO(content), len(content))


def sound_file(seconds=2.0, format="FLAC"):
    out = io.BytesIO()
    sf.write(out, tone(500, seconds, 8000), 8000, format=format)
    return out.getvalue()


def test_the_page_and_its_parts_need_nothing_from_elsewhere(routes):
    front = routes.get("", "")
    assert front.media_type.startswith("text/html")
    for name, answer in routes.static.items():
        assert routes.get(name, "") is answer
        text = answer.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text.replace("https://chromedevtools", ""), name
    assert {name.rpartition(".")[2] for name in routes.static} == {"html", "css", "js", "svg"}


def test_the_parts_of_the_page_lie_in_the_package():
    import tomllib

    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    package = ROOT / "lightning_sepcl"
    shipped = {path for pattern in patterns["lightning_sepcl"] for path in package.glob(pattern)}
    assert set((package / "explore/page/static").iterdir()) <= shipped


@pytest.mark.parametrize(
    "path",
    [
        "nothing", "../page/server.py", "static/main.js", "%2e%2e/server.py", "sound/", "sound/10", "sound/-1",
        "sound/1/2", "sound/999999999", "sound/one", "kept/nothing", "kept/../about", "plane/other", "channels/0",
        "picture/0.jpg", ".",
    ],
)  # fmt: skip
def test_bad_paths_are_not_found(routes, path):
    assert routes.get(path, "").status == 404


def test_what_the_page_is_told_first(routes, embeddings):
    about = value(routes.get("about", ""))
    assert about["title"] == "recordings"
    assert about["files"] == list(embeddings.paths)
    assert about["file"] == embeddings.file.tolist()
    assert about["start"][LONG + 1] == 2
    assert [group["title"] for group in about["groups"]] == ["folder"]
    assert about["no_examples"] == "no checkpoint"
    assert about["channels"] is False
    assert "/" not in about["title"]


def test_planes_are_numbers_of_the_map(routes, site):
    assert routes.get("plane/neighbours", "").status == 425
    assert value(routes.get("progress", "")) == {"share": 0.0, "ready": False, "failed": ""}
    np.testing.assert_array_equal(
        np.frombuffer(routes.get("plane/principal", "").body, "<f4").reshape(-1, 2), site.plane
    )
    site.map.start()
    site.map.wait()
    assert value(routes.get("progress", ""))["ready"]
    assert len(routes.get("plane/neighbours", "").body) == 10 * 2 * 4


def test_sounds_are_files_where_they_can_be(routes, tmp_path):
    answer = routes.get("sound/0", "plays=wav,flac")
    assert answer.body == tmp_path / "recordings/a/one.wav"
    assert answer.ranges
    assert routes.get("sound/1", "plays=wav").media_type == "audio/wav"
    part, _ = sf.read(io.BytesIO(routes.get(f"sound/{LONG + 1}", "plays=vorbis").body))
    assert len(part) == 2 * 8000
    assert routes.get(f"sound/{LONG + 1}", "plays=vorbis") is routes.get(f"sound/{LONG + 1}", "plays=vorbis")


@pytest.mark.parametrize(("row", "said"), [(TEXT, "text.wav"), (GONE, "no such file"), (OUTSIDE, "lies outside")])
@pytest.mark.parametrize("what", ["sound", "picture"])
def test_what_cannot_be_heard_says_why(routes, row, said, what):
    answer = routes.get(f"{what}/{row}", "plays=wav")
    assert answer.status == 404
    assert said in answer.body.decode()


def test_pictures_are_of_what_the_method_heard(routes):
    assert routes.get("picture/0", "").body == b"16000 samples at 8000 Hz"
    assert routes.get(f"picture/{LONG + 1}", "").body == b"16000 samples at 8000 Hz"


def test_neighbours_are_those_of_a_search(routes, embeddings):
    near = value(routes.get("near/0", ""))
    assert near[0]["row"] == 1
    assert near[0]["score"] > 0.99
    query = Query(Path(embeddings.origin.root) / "a/one.wav", 0.0, 2.0, 1, embeddings.h[:1])
    hits = search(embeddings, query, 12)
    assert [embeddings.paths[embeddings.file[n["row"]]] for n in near] == [hit.path for hit in hits]
    np.testing.assert_allclose([n["score"] for n in near], [hit.score for hit in hits], atol=1e-4)


def test_neighbours_of_a_window_may_lie_in_its_own_file_but_do_not_overlap_it(routes, embeddings):
    rows = [found["row"] for found in value(routes.get(f"near/{LONG}", ""))]
    assert LONG not in rows
    assert len({embeddings.file[row] for row in rows}) == len(rows)
    assert {LONG + 1, LONG + 2} & set(rows)


@pytest.fixture
def searching(site, embeddings):
    def embed(path):
        assert sf.info(str(path)).samplerate == 8000
        return Query(path, 0.0, 2.0, 1, embeddings.h[4:5])

    return Routes(replace(site, examples=Examples(site.clips, embed)))


def test_a_dropped_file_finds_what_is_like_it(searching):
    found = value(searching.post("example", "name=my%20dog.flac", upload(sound_file())))
    assert found["near"][0] == {"row": 4, "score": 1.0}
    assert found["seconds"] == 2
    sound = searching.get(found["sound"], "")
    assert sf.info(io.BytesIO(sound.body)).frames == 2 * 8000
    assert searching.get(found["picture"], "").body == b"16000 samples at 8000 Hz"
    again = value(searching.post("example", "", upload(sound_file())))
    assert again["sound"] != found["sound"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no audio", "x.wav: empty, damaged, or no audio format that libsndfile reads"),
        (b"", "x.wav: empty, damaged"),
        (sound_file(301.0), "x.wav lasts 301 s, an example at most 300 s"),
    ],
)
def test_a_dropped_file_that_is_of_no_use_is_a_sentence(searching, content, said):
    answer = searching.post("example", "name=x.wav", upload(content))
    assert answer.status == 422
    assert said in answer.body.decode()
    assert "/tmp" not in answer.body.decode()


def test_what_the_search_itself_refuses_is_told_by_the_files_name(site):
    def silent(path):
        raise UserError(f"{path} is silent")

    answer = Routes(replace(site, examples=Examples(site.clips, silent))).post(
        "example", "name=x.wav", upload(sound_file())
    )
    assert (answer.status, answer.body) == (422, b"x.wav is silent")


def test_uploads_have_limits(searching, routes):
    assert searching.post("example", "", Upload(io.BytesIO(), None)).status == 411
    assert searching.post("example", "", Upload(io.BytesIO(), MOST_BYTES + 1)).status == 413
    assert "arrive whole" in searching.post("example", "", Upload(io.BytesIO(b"123"), 9)).body.decode()
    assert searching.post("about", "", upload(b"")).status == 404
    assert routes.post("example", "", upload(sound_file())).body == b"no checkpoint"


class Halves(Separator):
    """Two channels: a quarter of the wave and the rest; for tests."""

    sources, sample_rate = 2, 8000

    def forward(self, wave):
        import torch

        return torch.cat([0.25 * wave, 0.75 * wave], dim=1)


def test_a_clip_is_taken_apart(site):
    routes = Routes(replace(site, channels=Channels(site.clips, Halves())))
    first, second = value(routes.get(f"channels/{LONG + 2}", ""))
    assert (first["share"], second["share"]) == (0.25, 0.75)
    assert second["level_db"] - first["level_db"] == pytest.approx(9.5, abs=0.11)
    whole, _ = sf.read(io.BytesIO(routes.get(f"sound/{LONG + 2}", "").body))
    parts = [sf.read(io.BytesIO(routes.get(part["sound"], "").body))[0] for part in (first, second)]
    np.testing.assert_allclose(sum(parts), whole, atol=2e-3)
    assert routes.get(first["picture"], "").body == b"16000 samples at 8000 Hz"
    assert routes.get(f"channels/{GONE}", "").status == 404
