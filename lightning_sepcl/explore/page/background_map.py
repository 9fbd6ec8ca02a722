"""The map of neighbours, read from where it was kept, or made in the background while the page is already there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jaxtyping import Float32
from numpy.typing import NDArray

from lightning_sepcl.explore.embeddings import Embeddings
from lightning_sepcl.explore.projection import neighbour_map
from lightning_sepcl.explore.stored_map import read_map, write_map
from lightning_sepcl.progress import progress

PERCENT = 100


class _Stopped(Exception):
    """Somebody wants no map any more."""


class BackgroundMap:
    """A map that is there some time after `start`.

    Args:
        embeddings: the collection.
        file: where the map is kept; where it cannot be written, it is made anew every time.
    """

    def __init__(self, embeddings: Embeddings, file: Path) -> None:
        self.embeddings, self.file = embeddings, file
        self.share, self.failed = 0.0, ""
        self.places: Float32[NDArray[Any], "row 2"] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._make, name="map", daemon=True)

    def start(self) -> None:
        """Read the map, or begin to make it."""
        self.places = read_map(self.file, self.embeddings.h)
        if self.places is None:
            self._thread.start()

    def wait(self) -> None:
        """Until it is there, or has failed."""
        if self._thread.ident is not None:
            self._thread.join()

    def stop(self) -> None:
        """Give up what is not finished."""
        self._stop.set()
        self.wait()

    def _make(self) -> None:
        try:
            with progress("arranging by neighbours, in %", PERCENT) as tell:
                self.places = self._made(tell)
        except _Stopped:
            return
        except Exception as error:  # the page goes on with the principal plane, and says why
            self.failed = f"the map of neighbours could not be made: {error}"
            print(self.failed, file=sys.stderr)
            return
        self._keep(self.places)

    def _made(self, tell: Callable[[int], None]) -> Float32[NDArray[Any], "row 2"]:
        def heard(share: float) -> None:
            if self._stop.is_set():
                raise _Stopped
            tell(round(PERCENT * share) - round(PERCENT * self.share))
            self.share = share

        return neighbour_map(self.embeddings.index, self.embeddings.h, tell=heard)

    def _keep(self, places: Float32[NDArray[Any], "row 2"]) -> None:
        try:
            write_map(self.file, self.embeddings.h, places)
        except OSError as error:
            print(f"the map cannot be kept in {self.file} ({error.strerror}): it is made anew next time",
                  file=sys.stderr)  # fmt: skip
