from __future__ import annotations

import threading
import time

import pytest

from lightning_sepcl.explore.decoding import Cut, Cutting, End, cut_files, in_background
from tests.fakes.tone import write_tone

CUTTING = Cutting(8000, 1, 8000, 8000, 8000, 6000)


def decoding_threads():
    return [t for t in threading.enumerate() if t.name == "decoding"]


def test_pieces_of_each_file_come_before_its_end(tmp_path):
    files = [write_tone(tmp_path / f"{i}.wav", 300, 2.0, 8000) for i in range(2)] + [tmp_path / "absent.wav"]
    events = list(cut_files(files, CUTTING))
    assert [(e.file, e.piece.start) for e in events if isinstance(e, Cut) and not e.is_tile] == [
        (0, 0), (0, 8000), (1, 0), (1, 8000),
    ]  # fmt: skip
    assert [e.piece.start for e in events if isinstance(e, Cut) and e.is_tile and e.file == 0] == [0, 6000, 12000]
    assert [e for e in events if isinstance(e, End)] == [End(0, 16000), End(1, 16000), End(2, 0, "no such file")]
    assert [e.file for e in events] == sorted(e.file for e in events)


def test_the_background_gives_the_same_in_order_and_runs_ahead_no_further_than_told():
    made = []

    def events():
        for i in range(100):
            made.append(i)
            yield End(i, 0)

    background = in_background(events(), ahead=5)
    assert next(background) == End(0, 0)
    time.sleep(0.3)
    assert len(made) <= 8
    assert [e.file for e in background] == list(range(1, 100))
    assert not decoding_threads()


def test_an_error_arrives_where_it_is_waited_for():
    def events():
        yield End(0, 0)
        raise MemoryError("too much")

    background = in_background(events(), ahead=2)
    next(background)
    with pytest.raises(MemoryError, match="too much"):
        next(background)
    assert not decoding_threads()


def test_closing_ends_the_thread():
    background = in_background((End(i, 0) for i in range(10**9)), ahead=2)
    next(background)
    background.close()
    assert not decoding_threads()
