"""How many processor threads a run that another process starts may use, whatever its experiment says."""

from __future__ import annotations

import os

from lightning_sepcl.errors import UserError

VARIABLE = "SEPCL_THREADS"
"""Environment variable that wins over `threads` of an experiment: whoever starts several runs shares the cores out."""


def with_threads(threads: int) -> dict[str, str]:
    """Environment variables for a process that is to use so many.

    >>> sorted(with_threads(1).items())
    [('MKL_NUM_THREADS', '1'), ('OMP_NUM_THREADS', '1'), ('SEPCL_THREADS', '1')]
    """
    return dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", VARIABLE), str(threads))


def threads_allowed(wanted: int | None) -> int | None:
    """What this process was told by its environment, else what the experiment wants.

    Raises:
        UserError: the environment holds no number from 1 on.
    """
    told = os.environ.get(VARIABLE, "")
    if told and not (told.isdecimal() and int(told) > 0):
        raise UserError(f"{VARIABLE}={told} should be a number of threads from 1 on")
    return int(told) if told else wanted
