import os
import signal

import pytest

from lightning_sepcl.data.reading_processes import in_processes, reading_processes
from lightning_sepcl.errors import UserError


def square(number):
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_results_come_in_the_order_of_the_items():
    assert list(in_processes(square, range(30), 2, "numbers")) == [n * n for n in range(30)]


def test_a_killed_process_is_told():
    with pytest.raises(UserError, match=r"numbers: a process that reads clips was killed.*SEPCL_WORKERS=1"):
        list(in_processes(square, [1, -1, 2], 2, "numbers"))


def test_how_many(monkeypatch):
    monkeypatch.setenv("SEPCL_WORKERS", "3")
    assert (reading_processes(2), reading_processes(None)) == (2, 3)
    monkeypatch.delenv("SEPCL_WORKERS")
    assert reading_processes(None) >= 1
    for wrong in ("many", "0", "-1"):
        monkeypatch.setenv("SEPCL_WORKERS", wrong)
        with pytest.raises(UserError, match=f"SEPCL_WORKERS={wrong} should be a number of processes"):
            reading_processes(None)
