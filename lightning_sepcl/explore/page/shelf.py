"""What was made for the page and may be asked for again: decoded sounds, pictures, separated channels."""

from __future__ import annotations

import threading
from collections import OrderedDict

from lightning_sepcl.explore.page.answer import Answer

MOST_BYTES = 128_000_000


class Shelf:
    """Answers by name; the longest unused ones are forgotten when they get too many.

    Args:
        most_bytes: of all bodies together; a single answer may be larger, and is then alone.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes, self.bytes = most_bytes, 0
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Answer | None:
        """What was put there under this name, if it is there still."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def put(self, name: str, answer: Answer) -> Answer:
        """Keep an answer; returns it."""
        with self._lock:
            self._forget(name)
            self._kept[name] = answer
            self.bytes += _size(answer)
            while self.bytes > self.most_bytes and len(self._kept) > 1:
                self._forget(next(iter(self._kept)))
        return answer

    def _forget(self, name: str) -> None:
        if name in self._kept:
            self.bytes -= _size(self._kept.pop(name))


def _size(answer: Answer) -> int:
    return len(answer.body) if isinstance(answer.body, bytes) else 0
