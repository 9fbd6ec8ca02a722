import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.threads import VARIABLE, threads_allowed


def test_who_starts_a_run_wins_over_its_experiment(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert (threads_allowed(None), threads_allowed(2)) == (None, 2)
    monkeypatch.setenv(VARIABLE, "1")
    assert (threads_allowed(None), threads_allowed(2)) == (1, 1)
    for odd in ("0", "two", "-1"):
        monkeypatch.setenv(VARIABLE, odd)
        with pytest.raises(UserError, match="number of threads from 1 on"):
            threads_allowed(2)
