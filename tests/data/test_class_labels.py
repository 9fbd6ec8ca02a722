from __future__ import annotations

import os
from pathlib import Path

import pytest

from lightning_sepcl.data.class_labels import ClassLabels, read_class_labels
from lightning_sepcl.errors import UserError
from tests.fakes.audioset import CLASSES, write_class_labels


@pytest.fixture
def path(tmp_path):
    return write_class_labels(tmp_path / "class_labels_indices.csv")


def test_names_are_in_the_order_of_their_numbers(path):
    lines = path.read_text().splitlines()
    path.write_text("\n".join((lines[0], *reversed(lines[1:]))))
    classes = read_class_labels(path)
    assert list(zip(classes.mids, classes.names, strict=True)) == list(CLASSES)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("/m/09x0r,/t/dd00088", ("Speech", "Gush")),
        (' "/m/09x0r, /m/05zppz" ', ("Speech", "Male speech, man speaking")),
        ("Male speech, man speaking,Speech", ("Male speech, man speaking", "Speech")),
        ("Rain,Male speech,man speaking", ("Rain", "Male speech, man speaking")),
        ("Rain,/m/06mb1,Rain", ("Rain",)),
    ],
)
def test_lists_of_ids_and_names(path, text, names):
    assert read_class_labels(path).read(text) == names


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/m/09x0s", r"'/m/09x0s' is none of the 5 classes; did you mean /m/09x0r\?"),
        ("Rain,Speach", r"'Speach' is none of the 5 classes; did you mean Speech\?"),
        ("Male speech", r"did you mean Male speech, man speaking\?"),
        ('""', "no label"),
    ],
)
def test_what_is_no_class_is_refused(path, text, why):
    with pytest.raises(ValueError, match=why):
        read_class_labels(path).read(text)


BAD = {
    "columns": (lambda t: t.replace("mid", "id"), r"lacks the column\(s\) mid"),
    "number": (lambda t: t.replace("3,/m", "three,/m"), "the column index should hold whole numbers"),
    "number twice": (lambda t: t.replace("3,/m", "2,/m"), r"line 5: 2 is listed already in \S+, line 4"),
    "name twice": (lambda t: t.replace("Rain", "Speech"), r"line 5: Speech is listed already in \S+, line 2"),
}


@pytest.mark.parametrize(("change", "why"), BAD.values(), ids=BAD)
def test_a_wrong_table_is_refused(path, change, why):
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=why):
        read_class_labels(path)


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
def test_every_genuine_name_is_read_back(packs_of_audio):
    classes = read_class_labels(Path(packs_of_audio) / "AudioSet/metadata/class_labels_indices.csv")
    assert len(classes.names) == 527
    assert classes.names[:2] == ("Speech", "Male speech, man speaking")
    assert ClassLabels(classes.names, classes.mids).read(",".join(classes.names)) == classes.names
    assert classes.read(",".join(classes.mids)) == classes.names
