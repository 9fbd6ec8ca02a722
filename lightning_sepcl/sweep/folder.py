"""The folder of a sweep: whose it is, and that one call at a time is at it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.run_record import read_json
from lightning_sepcl.sweep.sweep_file import Sweep
from lightning_sepcl.whole_file import whole_text

OUT = Path("runs/sweeps")
FILE = "sweep.json"
POLL_SECONDS = 1.0


def claim(sweep: Sweep, out: Path, seed: int, extra: Sequence[str]) -> None:
    """Notes whose runs the folder holds.

    Raises:
        UserError: it holds those of other parameters, another command, method or seed.
    """
    own = {"sweep": _fingerprint(sweep, extra), "seed": seed}
    path = out / FILE
    if path.exists():
        kept = read_json(path, dict)
        if kept != own:
            other = "another seed" if kept.get("sweep") == own["sweep"] else "another sweep"
            raise UserError(f"{out} holds the runs of {other}: name another folder with --out, or delete this one")
    whole_text(path, json.dumps(own, indent=1) + "\n")


@contextmanager
def alone(out: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Within it no other call, and no run that one left behind, is at the folder; gives the file that holds the lock.

    Processes that are given this file keep the lock for as long as they live, so that a run whose caller was killed is
    waited for and not begun a second time.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock, told = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o644), False
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    say(f"another call, or a run that one left behind, is at {out}: waiting for it")
                told = True
                time.sleep(POLL_SECONDS)
        yield lock
    finally:
        os.close(lock)


def _fingerprint(sweep: Sweep, extra: Sequence[str]) -> str:
    """Of all that decides what the runs are; not of the figure by which they are judged."""
    parts = [sweep.method, sweep.content.get("parameters"), sweep.command, list(extra)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
