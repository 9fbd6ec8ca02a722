from __future__ import annotations

import pytest

from lightning_sepcl import progress
from lightning_sepcl.data.byte_progress import byte_progress


@pytest.mark.parametrize(("total", "end"), [(100_000_000, " of 100 MB, about 7 s left"), (None, "")])
def test_what_an_earlier_attempt_left_is_no_work_of_this_one(total, end, monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with byte_progress("downloading a.zip", total, 40_000_000) as tell:
        tell(10_000_000)  # at once: no line
        now[0] = 10.0
        tell(25_000_000)  # 3.5 MB in a second
    assert capsys.readouterr().err == f"downloading a.zip: 75 MB{end}\n"
