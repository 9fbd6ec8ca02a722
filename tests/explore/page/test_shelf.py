from __future__ import annotations

from pathlib import Path

from lightning_sepcl.explore.page.answer import Answer
from lightning_sepcl.explore.page.shelf import Shelf


def test_what_was_not_asked_for_longest_is_forgotten_first():
    shelf = Shelf(most_bytes=10)
    for name in "abc":
        shelf.put(name, Answer(b"1234", "text/plain"))
        shelf.get("a")
    assert [shelf.get(name) is not None for name in "abc"] == [True, False, True]
    assert shelf.bytes == 8
    shelf.put("a", Answer(b"1", "text/plain"))
    assert shelf.bytes == 5


def test_one_that_is_too_large_is_kept_alone_and_files_weigh_nothing():
    shelf = Shelf(most_bytes=10)
    shelf.put("file", Answer(Path("a.wav"), "audio/wav"))
    assert shelf.bytes == 0
    shelf.put("large", Answer(bytes(50), "audio/wav"))
    assert shelf.get("file") is None
    assert shelf.get("large") is not None
