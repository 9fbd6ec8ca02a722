from __future__ import annotations

from pathlib import Path

from lightning_sepcl.ledger.plan import Job
from lightning_sepcl.ledger.runner import Progress, blocked, ready


def job(name, *needs):
    return Job("row", 0, name, Path(name), ("fit",), ("test",), "hash", needs)


def test_ready_are_jobs_of_which_all_needs_are_complete():
    waiting = [job("a"), job("b", "s"), job("c", "s", "t"), job("d", "u")]
    endings = {"s": "skipped", "t": "complete", "u": "failed"}
    assert [j.name for j in ready(waiting, endings)] == ["a", "b", "c"]
    assert [j.name for j in ready(waiting, {})] == ["a"]


def test_blocked_are_jobs_that_need_what_failed():
    waiting = [job("a", "s"), job("b", "s", "u"), job("c", "later")]
    assert [(j.name, needs) for j, needs in blocked(waiting, {"s": "complete", "u": "blocked"})] == [("b", ["u"])]


def test_time_left_is_what_the_others_took(monkeypatch):
    told = []
    clock = iter([0.0, 60.0, 120.0])
    progress = Progress(2, told.append, clock.__next__)
    progress("a", "complete")
    progress("b", "failed")
    assert told == ["[1/2] a complete after 1 min 0 s, about 1 min 0 s left", "[2/2] b failed after 2 min 0 s"]
