"""Errors that are the user's to mend: the command line prints their message alone, without a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

FAILED = 2
"""Exit status after an error that is the user's to mend."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it."""
TERMINATED = 143
"""Exit status after SIGTERM, as shells count it."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of the operating system: no room on the disk, in the user's share of it, or for a file of that size."""
PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
"""Error numbers of the operating system for a place that cannot be read or written as it was named."""


class UserError(Exception):
    """Something in the user's files, settings or data is wrong; the message says what, where and what to do."""


def exit_status(act: Callable[[], int], interrupted: str = "interrupted") -> int:
    """What a program gives back to the shell: what `act` returns, or the status that goes with what ended it.

    Errors that are the user's to mend are told in a line on stderr. SEPCL_DEBUG=1 raises them instead, to show where
    they came from.

    Args:
        act: the program.
        interrupted: told after Ctrl-C.
    """
    try:
        return act()
    except (UserError, FileNotFoundError) as error:
        if os.environ.get("SEPCL_DEBUG"):
            raise
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, had enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - nothing more is to be written, also not at exit
        return 0
    except OSError as error:
        if error.errno not in (*DISK_FULL, *PLACE) or os.environ.get("SEPCL_DEBUG"):
            raise
        told = full_disk(error) if error.errno in DISK_FULL else f"{error.filename}: {error.strerror}"
        print(f"error: {told}", file=sys.stderr)
        return FAILED


def full_disk(error: OSError) -> str:
    """The sentence for an error of `DISK_FULL`."""
    where = f" while writing {error.filename}" if error.filename else ""
    return f"the disk is full{where} ({error.strerror}): make room and give the same command again"
