from __future__ import annotations

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.groups import groups_of

PATHS = ("a/1.wav", "b/c/2.wav", "b/c/3.wav", "4.wav")


def test_folders_are_sorted_by_how_many_files_they_hold(tmp_path):
    (folders,) = groups_of(PATHS, tmp_path, None)
    assert folders.title == "folder"
    assert folders.names == ("b/c", ".", "a")
    assert folders.of == (2, 0, 0, 1)


def test_one_folder_is_nothing_to_tell(tmp_path):
    assert groups_of(PATHS[1:3], tmp_path, None) == []


def test_labels_come_first_and_files_without_one_have_no_group(tmp_path):
    (tmp_path / "labels.csv").write_text("file,label\n./b/c/2.wav,dog\na/1.wav, cat \n4.wav,\nelse.wav,bird\n")
    labels, folders = groups_of(PATHS, tmp_path, None)
    assert (labels.title, labels.names, labels.of) == ("label", ("cat", "dog"), (0, 1, -1, -1))
    assert folders.title == "folder"


def test_labels_of_other_files_are_refused(tmp_path):
    (tmp_path / "other.csv").write_text("file,label\nelse.wav,bird\n")
    with pytest.raises(UserError, match="no label for any of the 4 recordings"):
        groups_of(PATHS, tmp_path, tmp_path / "other.csv")
    with pytest.raises(UserError, match="expected a CSV with the columns file, label"):
        groups_of(PATHS, tmp_path, tmp_path / "nowhere.csv")
