"""A collection of recordings as embeddings: which window of which file each row is, and what made it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from numpy.typing import NDArray

from lightning_sepcl.explore.nearest import Index

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """What embeddings were made of and with.

    Attributes:
        root: absolute path of the folder that the files' paths are relative to.
        checkpoint: absolute path of the checkpoint.
        checkpoint_hash: SHA-256 of its bytes, in hexadecimal.
        method: name of its class.
        readout: which of the method's readouts `h` is.
        sample_rate: Hz at which files were read.
        microphones: 1 where channels were mixed down.
        window_seconds: length of a window; a shorter file is one window, repeated until it fills it.
        hop_seconds: from one window's start to the next one's.
        version: of the suite.
    """

    root: str
    checkpoint: str
    checkpoint_hash: str
    method: str
    readout: str
    sample_rate: int
    microphones: int
    window_seconds: float
    hop_seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class Frames:
    """Embeddings at regular times within the files.

    Attributes:
        h: (frame, dim), file after file.
        time: (frame,) the middle of what each frame embedding hears, in seconds from the beginning of its file.
        offsets: (file + 1,): frames of file i are the rows offsets[i] to offsets[i + 1].
    """

    h: Float32[Array, "frame dim"]
    time: Float64[Array, " frame"]
    offsets: Int64[Array, " _"]

    def of(self, file: int) -> tuple[Float64[Array, " own"], Float32[Array, "own dim"]]:
        """Times and embeddings of one file's frames."""
        rows = slice(self.offsets[file], self.offsets[file + 1])
        return self.time[rows], self.h[rows]


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of all windows of all files, file after file in the order of their paths.

    Attributes:
        paths: of the files, relative to `origin.root`, with forward slashes.
        seconds: (file,) how long each is.
        file: (window,) number of the file each window is of.
        start: (window,) seconds.
        end: (window,) seconds.
        h: (window, dim).
        frames: frame embeddings; None where they were not asked for.
        origin: what made them.
    """

    paths: tuple[str, ...]
    seconds: Float64[Array, " file"]
    file: Int64[Array, " window"]
    start: Float64[Array, " window"]
    end: Float64[Array, " window"]
    h: Float32[Array, "window dim"]
    frames: Frames | None
    origin: Origin

    @staticmethod
    def read(path: str | Path) -> Embeddings:
        """What `sepcl embed` wrote, `.npz` or `.parquet`.

        Raises:
            UserError: no such file, or not one of ours.
        """
        from lightning_sepcl.explore.embeddings_file import read_embeddings  # which needs this module

        return read_embeddings(Path(path))

    @cached_property
    def index(self) -> Index:
        """The windows made ready for comparison."""
        return Index(self.h)

    def nearest(
        self, h: Float[Array, "query dim"], top: int = 10
    ) -> tuple[Int64[Array, "query found"], Float32[Array, "query found"]]:
        """The windows most similar to each row of `h`, best first, and their scores; see `Index`."""
        return self.index.nearest(h, top)

    def file_means(self) -> Float32[Array, "file dim"]:
        """The mean embedding of each file's windows."""
        sums = np.zeros((len(self.paths), self.h.shape[1]))
        np.add.at(sums, self.file, self.h)
        counts = np.bincount(self.file, minlength=len(self.paths))[:, None]
        return np.asarray(sums / np.maximum(counts, 1), np.float32)
