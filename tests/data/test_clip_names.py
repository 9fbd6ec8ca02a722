from __future__ import annotations

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.clip_names import match_clips, walk
from lightning_sepcl.data.segments import Segment
from lightning_sepcl.errors import UserError


def segment(video, start=30.0):
    return Segment(f"{video}_{round(1000 * start)}", video, start, ("Rain",))


@pytest.mark.parametrize(
    "video", ["abcdefghijk", "--PJHxphWEs", "Yb0RFKhbpFJ", "12345678_30", "_____-----_", "YYYYYYYYYYY"]
)
@pytest.mark.parametrize(
    "name",
    ["{}.wav", "Y{}.wav", "a/b/{}.FLAC", "{}_30.wav", "{}_30.000.flac", "{}_30000.wav", "Y{}_30.000_40.000.wav",
     "{}_30_40.ogg", "{}-30-40.mp3", "{}_000030.wav", "{}_30000_40000.wav", "{}_30000-40000.wav"],
)  # fmt: skip
def test_names_that_people_use(video, name):
    file = name.format(video)
    found = match_clips([file], [segment(video), segment("another--id")])
    assert found.path_of == {f"{video}_30000": file}
    assert (found.copies, found.others) == ([], [])


def test_a_start_may_be_cut_to_whole_seconds():
    assert match_clips(["abcdefghijk_239.wav"], [segment("abcdefghijk", 239.8)]).path_of
    assert not match_clips(["abcdefghijk_240.wav"], [segment("abcdefghijk", 239.8)]).path_of


@pytest.mark.parametrize(
    "file", ["abcdefghijl.wav", "abcdefghijk_31.wav", "abcdefghijk_x.wav", "Xabcdefghijk.wav", "abc.wav", "YY.wav"]
)
def test_other_names_hold_no_clip(file):
    found = match_clips([file, "abcdefghijk.txt"], [segment("abcdefghijk")])
    assert found.path_of == {}
    assert found.others == [file]


def test_copies_are_set_apart():
    found = match_clips(["a/abcdefghijk.wav", "b/Yabcdefghijk.flac"], [segment("abcdefghijk")])
    assert found.path_of == {"abcdefghijk_30000": "a/abcdefghijk.wav"}
    assert found.copies == ["b/Yabcdefghijk.flac"]


def test_several_segments_of_a_video_need_their_start():
    segments = [segment("abcdefghijk", 30.0), segment("abcdefghijk", 50.0)]
    found = match_clips(["abcdefghijk_50.wav", "abcdefghijk_30000.wav"], segments)
    assert found.path_of == {"abcdefghijk_50000": "abcdefghijk_50.wav", "abcdefghijk_30000": "abcdefghijk_30000.wav"}
    with pytest.raises(UserError, match=r"abcdefghijk\.wav is named by its video only, of which .*_30000 and .*_50000"):
        match_clips(["abcdefghijk.wav"], segments)


ids = st.text("Yab01_-", min_size=11, max_size=11)


@settings(deadline=None)
@given(st.sets(ids, min_size=1, max_size=20), st.sampled_from(["{}", "Y{}", "{}_30", "Y{}_30.000_40.000"]))
def test_however_odd_the_ids_every_clip_finds_its_own(videos, name):
    segments = [segment(video) for video in videos]
    files = {video: f"{name.format(video)}.wav" for video in videos}
    found = match_clips(sorted(files.values()), segments)
    assert {**found.path_of} == {f"{video}_30000": file for video, file in files.items()}


def test_the_walk_is_sorted_follows_links_once_and_leaves_hidden_files_out(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for path in (root / "b/2.wav", root / "b/1.wav", root / "a/x.wav", root / "z.csv", root / ".git/no.wav",
                 root / "a/.no.wav", elsewhere / "linked.wav"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "c").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)
    assert list(walk(root)) == ["z.csv", "a/x.wav", "b/1.wav", "b/2.wav", "c/linked.wav"]


def test_the_walk_asks_no_file_for_its_state(tmp_path, monkeypatch):
    for name in range(50):
        (tmp_path / f"{name}.wav").touch()
    asked = []
    genuine = os.stat
    monkeypatch.setattr(os, "stat", lambda path, *args, **kwargs: asked.append(path) or genuine(path, *args, **kwargs))
    assert len(list(walk(tmp_path))) == 50
    assert not [path for path in asked if str(path).endswith(".wav")]


def test_a_hundred_thousand_clips_are_matched_at_once():
    videos = [f"{number:011d}" for number in range(100_000)]
    begin = time.process_time()
    found = match_clips((f"part/Y{video}.wav" for video in videos), [segment(video) for video in videos])
    assert len(found.path_of) == 100_000
    assert time.process_time() - begin < 30  # takes about one second; comparing each with each would take hours
