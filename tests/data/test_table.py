from __future__ import annotations

import pytest

from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError


def test_lines_by_column_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('\ufefffile,label,more\na.wav,dog,1\n"b, c.wav",cat,2\n', encoding="utf-8")
    assert [line["file"] for line in read_table(path, ("file", "label"))] == ["a.wav", "b, c.wav"]


BAD = {
    "absent": (None, "no file .*t.csv: expected a CSV with the columns file, label"),
    "other columns": (b"name,label\na,b\n", r"lacks the column\(s\) file; it has: name, label"),
    "empty": (b"", r"lacks the column\(s\) file, label; it has: none"),
    "no lines": (b"file,label\n", "no lines"),
    "short line": (b"file,label\na.wav,dog\nb.wav\n", "line 3: expected 2 values"),
    "long line": (b"file,label\na.wav,dog,cat\n", "line 2: expected 2 values"),
    "no text": (b"file,label\n\xff\xfe\xfa,dog\n", "no CSV in UTF-8"),
}


@pytest.mark.parametrize(("content", "why"), BAD.values(), ids=BAD)
def test_a_wrong_table_says_why(tmp_path, content, why):
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=why):
        read_table(path, ("file", "label"))
