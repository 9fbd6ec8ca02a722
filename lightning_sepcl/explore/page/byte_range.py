"""Parts of a body, as players ask for them when one jumps. Source: RFC 9110, section 14."""

from __future__ import annotations

import re

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableRange(Exception):
    """A part that lies behind the end."""


def byte_range(header: str | None, size: int) -> range | None:
    """The bytes that a `Range` header asks for; None for all of them.

    Several parts at once, and what is no range of bytes, are answered with all, which the standard allows.

    Raises:
        UnsatisfiableRange: nothing of it lies within `size` bytes.

    >>> byte_range("bytes=2-4", 10), byte_range("bytes=7-", 10), byte_range("bytes=-3", 10)
    (range(2, 5), range(7, 10), range(7, 10))
    """
    found = RANGE.fullmatch(header or "")
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        wanted = range(max(0, size - int(found[2])), size)
    else:
        last = int(found[2]) if found[2] else size - 1
        if last < int(found[1]) < size:
            return None  # no valid range: to be ignored
        wanted = range(int(found[1]), min(last + 1, size))
    if not wanted:
        raise UnsatisfiableRange
    return wanted
