"""Files that nobody ever sees half written: a kill in between leaves what was there before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` once all is written; not if an error comes in between.

    Its folder is made if there is none. Each process writes beside in a file of its own, so that two that write the
    same do not mix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def whole_text(path: Path, text: str) -> None:
    """Writes a text as UTF-8 by `whole_file`."""
    with whole_file(path) as file:
        file.write(text.encode())
