from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.audio.reading import UnreadableAudio
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.collection import embed_collection
from lightning_sepcl.explore.search import embed_query, search
from tests.explore.toy_embedder import ToyEmbedder
from tests.fakes.tone import tone, write_tone


@pytest.fixture
def found(tmp_path, origin):
    """Twelve files of 3 s, the pitch rises from file to file; the last one is 1 s of the first pitch, then silence."""
    root = tmp_path / "sounds"
    for i in range(11):
        write_tone(root / f"{i:02d}.wav", 200 + 150 * i, 3.0, 8000)
    sf.write(root / "11.wav", np.concatenate([tone(200, 1, 8000), np.zeros(32000, np.float32)]), 8000)
    return embed_collection(ToyEmbedder(), [root], tmp_path / "a.npz", origin).embeddings


def ask(found, path, start=0.0, end=None, **options):
    return search(found, embed_query(ToyEmbedder(), path, found.origin, start, end), **options)


def names(hits):
    return [hit.path for hit in hits]


def test_similar_pitches_are_found_first(found, tmp_path):
    hits = ask(found, write_tone(tmp_path / "q.wav", 950, 2.0, 8000), top=3)
    assert hits[0].path == "05.wav"
    assert hits[1].path in {"04.wav", "06.wav"}
    assert hits[0].score > hits[1].score > hits[2].score
    assert (hits[0].start, hits[0].end) in {(0.0, 2.0), (1.0, 3.0)}


def test_each_recording_once_or_every_window(found, tmp_path):
    query = write_tone(tmp_path / "q.wav", 950, 2.0, 8000)
    once, every, mean = (ask(found, query, top=100, by=by) for by in ("best window", "every window", "mean"))
    assert sorted(names(once)) == sorted(set(names(once))) == list(found.paths)
    assert len(every) == len(found.h)
    assert [hit.score for hit in every] == sorted((hit.score for hit in every), reverse=True)
    assert {hit.path: hit.score for hit in reversed(every)} == {hit.path: hit.score for hit in once}
    assert sorted(names(mean)) == list(found.paths)
    assert {(hit.start, hit.end) for hit in mean} == {(0.0, 3.0), (0.0, 5.0)}


def test_the_example_does_not_find_itself_but_what_is_elsewhere_in_its_file(found, tmp_path):
    own = tmp_path / "sounds/11.wav"
    assert "11.wav" not in names(ask(found, own, top=100))
    later = ask(found, own, 0.0, 1.0, top=100, by="every window")
    assert {(hit.start, hit.end) for hit in later if hit.path == "11.wav"} == {(1.0, 3.0), (2.0, 4.0), (3.0, 5.0)}
    assert "11.wav" not in names(ask(found, own, 0.0, 1.0, top=100, by="mean"))
    copy = tmp_path / "sounds/copy/11.wav"
    copy.parent.mkdir()
    copy.write_bytes(own.read_bytes())
    assert "11.wav" in names(ask(found, copy, top=100))  # another file of the same name


def test_an_example_has_the_windows_of_the_collection(found, tmp_path):
    query = embed_query(ToyEmbedder(), tmp_path / "sounds/05.wav", found.origin)
    own = found.h[found.file == found.paths.index("05.wav")]
    assert query.windows == len(own) == 2
    np.testing.assert_allclose(query.h[0], own.mean(0), rtol=1e-5)
    part = embed_query(ToyEmbedder(), tmp_path / "sounds/05.wav", found.origin, 0.5, 0.75)
    assert (part.start, part.end, part.windows) == (0.5, 0.75, 1)


@pytest.mark.parametrize(
    ("make", "start", "end", "said"),
    [
        (np.zeros(8000), 0.0, None, r"silent from 0 to 1 s: there is nothing to look for"),
        (np.full(8000, np.nan), 0.0, None, r"8000 samples are NaN|800 of 800 samples are NaN"),
        (np.full(8000, 0.1), 5.0, None, r"no samples from 5 s on: it lasts 1 s"),
        (np.full(8000, 0.1), 0.5, 0.5, r"end behind its beginning, found 0.5 s to 0.5 s"),
        (np.full(8000, 0.1), -1.0, None, r"begin at 0 s or later .* found -1 s to the end"),
    ],
)
def test_an_example_that_says_nothing(found, tmp_path, make, start, end, said):
    sf.write(tmp_path / "q.wav", make.astype(np.float32), 8000, subtype="FLOAT")
    with pytest.raises((UserError, UnreadableAudio), match=said):
        ask(found, tmp_path / "q.wav", start, end)


def test_recordings_that_are_gone_can_still_be_searched(found, tmp_path):
    gone = dataclasses.replace(found, origin=dataclasses.replace(found.origin, root="/nowhere"))
    assert len(ask(gone, tmp_path / "sounds/05.wav", top=100)) == 12
