"""Where the death of a process that loads batches is noticed."""

from __future__ import annotations

from torch.utils.data._utils import signal_handling


def notice_deaths_where_batches_are_awaited() -> None:
    """Let a killed loading process be found by whoever waits for its batch, at most 5 s later, and by nobody else.

    PyTorch also raises from a signal handler, that is in whatever line the main process happens to be at: there
    other code may turn the error into one of its own, or swallow it. It has no switch for that handler; this is the
    flag by which it knows that the handler is set.
    """
    signal_handling._SIGCHLD_handler_set = True
