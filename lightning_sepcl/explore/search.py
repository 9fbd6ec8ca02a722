"""Find what sounds like an example: the example is embedded as the collection was, and compared with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64
from numpy.typing import NDArray

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.embedder import Embedder
from lightning_sepcl.explore.embeddings import Embeddings, Origin
from lightning_sepcl.explore.nearest import Index
from lightning_sepcl.explore.recordings import embedded
from lightning_sepcl.explore.stream import stretch
from lightning_sepcl.explore.windows import Windows

Array = NDArray[Any]

By = Literal["best window", "every window", "mean"]
"""What is found: each recording by its best window, every window for itself, each recording by its mean embedding."""
BATCH = 32
"""Windows of an example embedded at a time."""


@dataclass(frozen=True, slots=True)
class Query:
    """An example.

    Attributes:
        path: of its file.
        start: seconds, where in the file it begins.
        end: seconds.
        windows: how many windows of the collection's length it was embedded in.
        h: (1, dim) mean over them.
    """

    path: Path
    start: float
    end: float
    windows: int
    h: Float32[Array, "1 dim"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found.

    Attributes:
        path: of the file, relative to the collection's root.
        start: seconds.
        end: seconds.
        score: cosine of the standardised embeddings, -1 to 1.
    """

    path: str
    start: float
    end: float
    score: float


def embed_query(embedder: Embedder, path: Path, origin: Origin, start: float = 0.0, end: float | None = None) -> Query:
    """Embed an example with the collection's sample rate, channels, windows and readout.

    Args:
        embedder: the one that embedded the collection.
        path: audio file.
        origin: of the collection.
        start: seconds, where in the file the example begins.
        end: seconds; None: the end of the file.

    Raises:
        UserError: the file cannot be read, the example is silent, or `end` does not lie behind `start`.
    """
    if start < 0 or (end is not None and end <= start):
        raise UserError(
            "the example must begin at 0 s or later and end behind its beginning, "
            f"found {start:g} s to {'the end' if end is None else f'{end:g} s'}"
        )
    rate = origin.sample_rate
    wave = stretch(path, rate, start, end, origin.microphones)
    end = start + wave.shape[1] / rate
    if not wave.any():
        raise UserError(f"{path} is silent from {start:g} to {end:.3g} s: there is nothing to look for")
    windows = Windows(round(origin.window_seconds * rate), round(origin.hop_seconds * rate))
    pieces = [*windows.add(wave), *windows.end()]
    batches = [pieces[i : i + BATCH] for i in range(0, len(pieces), BATCH)]
    h = np.concatenate([embedded(embedder, batch, windows.length, origin.readout).numpy() for batch in batches])
    return Query(path, start, end, len(pieces), h.mean(0, keepdims=True))


def search(embeddings: Embeddings, query: Query, top: int = 10, by: By = "best window") -> list[Hit]:
    """The `top` most similar, best first. What overlaps the example in its own file is left out.

    Args:
        embeddings: the collection.
        query: the example.
        top: how many, fewer where the collection has fewer.
        by: what counts as one thing found.
    """
    own = [n for n, path in enumerate(embeddings.paths) if _same_file(Path(embeddings.origin.root) / path, query.path)]
    if by == "mean":
        others = ~np.isin(np.arange(len(embeddings.paths)), own)
        rows, scores = Index(embeddings.file_means()).nearest(query.h, top, others)
        found = [(int(file), 0.0, float(embeddings.seconds[file])) for file in rows[0]]
    else:
        allowed = elsewhere(embeddings, own, query.start, query.end)
        rows, scores = nearest_windows(embeddings, query.h, top, allowed, every=by == "every window")
        found = [
            (int(embeddings.file[row]), float(embeddings.start[row]), float(embeddings.end[row])) for row in rows[0]
        ]
    return [
        Hit(embeddings.paths[file], start, end, float(score))
        for (file, start, end), score in zip(found, scores[0], strict=True)
    ]


def nearest_windows(
    embeddings: Embeddings,
    h: Float32[Array, "1 dim"],
    top: int,
    allowed: Bool[Array, " window"] | None = None,
    *,
    every: bool = False,
) -> tuple[Int64[Array, "1 found"], Float32[Array, "1 found"]]:
    """Numbers and scores of the windows most similar to one embedding, best first; each file by its best window.

    Args:
        embeddings: the collection.
        h: the embedding.
        top: how many, fewer where the collection has fewer.
        allowed: windows that may be found; None: all.
        every: find every window for itself, also several of one file.
    """
    rows, scores = embeddings.index.nearest(h, top if every else len(embeddings.h), allowed)
    if not every:
        first = np.sort(np.unique(embeddings.file[rows[0]], return_index=True)[1])[:top]
        rows, scores = rows[:, first], scores[:, first]
    return rows, scores


def elsewhere(embeddings: Embeddings, files: Sequence[int], start: float, end: float) -> Bool[Array, " window"]:
    """Which windows do not overlap the stretch from `start` to `end` seconds of these files."""
    overlap = (embeddings.start < end) & (embeddings.end > start)
    return np.asarray(~(np.isin(embeddings.file, files) & overlap))


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.name == other.name and one.samefile(other)
    except OSError:  # the collection's files may be gone
        return False
