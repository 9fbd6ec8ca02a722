from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lightning_sepcl.data.listing import line_of, listed_files, refuse_repeats, refuse_unknown
from lightning_sepcl.errors import UserError


@pytest.fixture
def folder(tmp_path):
    for name in ("1.wav", "2.flac", "3.WAV", "v1.2.ogg", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_file_may_end_otherwise_than_its_name(folder, caplog):
    names = ["1.wav", "2.wav", "3", "v1.2", "4.wav", "5"]
    assert listed_files(folder, names, "a.csv") == ["1.wav", "2.flac", "3.WAV", "v1.2.ogg", "4.wav", "5.wav"]
    assert not caplog.records


def test_what_is_not_listed_is_told(folder, caplog):
    with caplog.at_level(logging.WARNING):
        listed_files(folder, ["1", "3"], "a.csv")
    assert "2 audio file(s) in" in caplog.text
    assert "not listed in a.csv" in caplog.text


def test_an_absent_folder_has_no_files(tmp_path):
    assert listed_files(tmp_path / "none", ["1"], "a.csv") == ["1.wav"]


def test_two_files_of_one_name_are_refused(folder):
    (folder / "1.flac").touch()
    with pytest.raises(UserError, match=r"holds 1\.flac and 1\.wav: which one .* Keep one of them"):
        listed_files(folder, ["1"], "a.csv")


def test_repeats_name_both_places():
    refuse_repeats([("a", "x"), ("b", "x")])
    with pytest.raises(UserError, match=r"test\.csv, line 3: a is listed already in train\.csv, line 2: remove"):
        refuse_repeats([("a", line_of(Path("train.csv"), 0)), ("a", line_of(Path("test.csv"), 1))])


def test_an_unknown_label_names_the_closest():
    refuse_unknown(["Rain"], ["Rain", "Wind"], "line 2")
    with pytest.raises(UserError, match=r"line 2: label 'Rian' is none of the 2 classes; did you mean Rain\?"):
        refuse_unknown(["Wind", "Rian"], ["Rain", "Wind"], "line 2")
