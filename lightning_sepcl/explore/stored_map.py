"""The map of a collection lies beside its file of embeddings, so that it is computed once."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from lightning_sepcl.whole_file import whole_file

Array = NDArray[Any]

RECIPE = "t-SNE 1"
"""To be counted on when the way a map is made changes: maps made in another way are made anew."""


def map_file(embeddings: Path) -> Path:
    """Where the map of a file of embeddings lies.

    >>> str(map_file(Path("runs/embeddings.npz")))
    'runs/embeddings.npz.map.npz'
    """
    return embeddings.with_name(f"{embeddings.name}.map.npz")


def read_map(path: Path, h: Float32[Array, "row dim"]) -> Float32[Array, "row 2"] | None:
    """The map that was made of exactly these rows; None where there is none, or it is of others or damaged."""
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            made_of, places = str(found["made_of"]), found["places"]
    except (OSError, KeyError, ValueError, EOFError, TypeError, zipfile.BadZipFile):
        return None
    fits = made_of == _made_of(h) and places.shape == (len(h), 2) and places.dtype == np.float32
    return places if fits and np.isfinite(places).all() else None


def write_map(path: Path, h: Float32[Array, "row dim"], places: Float32[Array, "row 2"]) -> None:
    """Write it whole or not at all.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    with whole_file(path) as file:
        np.savez(file, made_of=np.array(_made_of(h)), places=places)


def _made_of(h: Float32[Array, "row dim"]) -> str:
    return f"{RECIPE} {h.shape} {hashlib.sha256(np.ascontiguousarray(h).tobytes()).hexdigest()}"
