"""Doing something at most every so many seconds, such as drawing a page while short runs end one after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class AtMostEvery:
    """Calls a function when it is called itself, unless it did so a moment ago; `finish` makes up for that.

    Args:
        seconds: between two calls, from the end of one to the beginning of the next.
        act: the function.
        clock: seconds that never run backwards.

    >>> times = iter([0.0, 0.1, 5.0, 20.0, 20.1])
    >>> draw = AtMostEvery(10.0, lambda: print("drawn"), times.__next__)
    >>> draw(), draw(), draw()
    drawn
    drawn
    (None, None, None)
    """

    seconds: float
    act: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    _last: float = field(default=-math.inf, init=False)
    _left_out: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Act, or keep in mind that it was wanted."""
        self._left_out = self.clock() - self._last < self.seconds
        if not self._left_out:
            self.act()
            self._last = self.clock()

    def finish(self) -> None:
        """Act if it was wanted since."""
        if self._left_out:
            self._left_out = False
            self.act()
