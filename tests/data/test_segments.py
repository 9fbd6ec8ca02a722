from __future__ import annotations

import os
from pathlib import Path

import pytest

from lightning_sepcl.data.class_labels import ClassLabels, read_class_labels
from lightning_sepcl.data.segments import Segment, read_segments
from lightning_sepcl.errors import UserError
from tests.fakes.audioset import CLASSES, COMMENTS

LABELS = ClassLabels([name for _, name in CLASSES], [mid for mid, _ in CLASSES])
EXPECTED = [
    Segment("--PJHxphWEs_30000", "--PJHxphWEs", 30.0, ("Speech", "Gush")),
    Segment("Yb0RFKhbpFJ_0", "Yb0RFKhbpFJ", 0.0, ("Male speech, man speaking",)),
    Segment("-0049e-ZS64_239800", "-0049e-ZS64", 239.8, ("Rain",)),
]
OFFICIAL = (
    '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"',
    'Yb0RFKhbpFJ, 0.000, 10.000, "/m/05zppz"',
    '-0049e-ZS64, 239.800, 249.800, "/m/06mb1"',
)
BARE = ("--PJHxphWEs,30,40,/m/09x0r,/t/dd00088", "Yb0RFKhbpFJ,0,10,/m/05zppz", "-0049e-ZS64,239.8,249.8,/m/06mb1")
NAMES = (
    '--PJHxphWEs,30.0,40.0,"Speech,Gush"',
    'Yb0RFKhbpFJ,0.0,10.0,"Male speech, man speaking"',
    "-0049e-ZS64,239.8,249.8,Rain",
)
HEADER = "YTID,start_seconds,end_seconds,positive_labels"
WITH_Y = tuple(f"Y{line}" for line in OFFICIAL)
PARSED_BY_OTHERS = tuple(line.replace('"', '"""').replace(", ", ",") for line in OFFICIAL)
FORMS = {
    "official": "\n".join((*COMMENTS, *OFFICIAL)) + "\n",
    "one comment": "\n".join((COMMENTS[2], *OFFICIAL)),
    "no comment": "\n".join(OFFICIAL),
    "header": "\n".join((HEADER, *NAMES)),
    "header with spaces": "\n".join((HEADER.replace(",", ", "), *OFFICIAL)),
    "no quotes": "\n".join(BARE),
    "names": "\n".join(NAMES),
    "windows": "\r\n".join((*COMMENTS, *OFFICIAL)) + "\r\n",
    "byte order mark": "\ufeff" + "\n".join((*COMMENTS, *OFFICIAL)),
    "byte order mark and header": "\ufeff" + "\n".join((HEADER, *OFFICIAL)),
    "ids with Y": "\n".join(WITH_Y),
    "quotes kept as text": "\n".join(PARSED_BY_OTHERS),
    "empty lines": "\n\n".join((*COMMENTS, *OFFICIAL)) + "\n\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_segments(tmp_path, text):
    path = tmp_path / "eval_segments.csv"
    path.write_bytes(text.encode())
    assert read_segments(path, LABELS) == EXPECTED


BAD = {
    "other columns": (
        "filename,fold,target,category\n",
        r"has the columns filename, fold, .*; expected YTID, start_se",
    ),
    "too few": (f"{BARE[0]}\nabcdefghijk, 0, 10\n", r"eval\.csv, line 2: 3 value\(s\), expected YTID"),
    "no id": (f"{COMMENTS[0]}\n{BARE[0]}\nabc, 0, 10, /m/06mb1\n", r"eval\.csv, line 3: 'abc' is no YouTube id"),
    "no time": ("abcdefghijk, zero, 10, /m/06mb1\n", r"line 1: 'zero' is no number of seconds"),
    "backwards": ("abcdefghijk, 10, 0, /m/06mb1\n", r"line 1: the segment goes from 10 s to 0 s"),
    "no number": ("abcdefghijk, nan, 10, /m/06mb1\n", r"line 1: the segment goes from nan s to 10 s"),
    "no label": ('abcdefghijk, 0, 10, ""\n', "line 1: no label"),
    "an unknown label": (
        f"{BARE[1]}\nabcdefghijk, 0, 10, /m/06mb2\n",
        r"line 2: label '/m/06mb2' .*did you mean /m/06",
    ),
    "twice": ("\n".join((*OFFICIAL, BARE[0])), r"line 4: --PJHxphWEs_30000 is listed already in line 1: remove"),
    "nothing": (COMMENTS[0], "lists no segments"),
    "not text": (b"\xff\xfe\x00", "is no CSV in UTF-8"),
}


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_a_wrong_list_is_refused(tmp_path, text, why):
    path = tmp_path / "eval.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=why) as caught:
        read_segments(path, LABELS)
    assert str(path) in str(caught.value)


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no file .*none\.csv: expected a list with the columns YTID"):
        read_segments(tmp_path / "none.csv", LABELS)


@pytest.mark.data
@pytest.mark.skipif("SEPCL_DATA" not in os.environ, reason="needs the packs of real audio")
@pytest.mark.parametrize(("name", "rows", "positive"), [("eval", 20371, 51804), ("balanced_train", 22160, 52882)])
def test_the_genuine_lists(packs_of_audio, name, rows, positive):
    folder = Path(packs_of_audio) / "AudioSet/metadata"
    segments = read_segments(folder / f"{name}_segments.csv", read_class_labels(folder / "class_labels_indices.csv"))
    assert len(segments) == len({s.video for s in segments}) == rows
    assert sum(len(s.labels) for s in segments) == positive  # as the list's second comment line says
    assert len({label for s in segments for label in s.labels}) == 527
