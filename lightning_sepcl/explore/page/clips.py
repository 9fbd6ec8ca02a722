"""The clips of a collection by their numbers: their sound, their picture, what is near them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxtyping import Float32, Int64
from numpy.typing import NDArray

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.explore.embeddings import Embeddings
from lightning_sepcl.explore.page.answer import Answer
from lightning_sepcl.explore.page.shelf import Shelf
from lightning_sepcl.explore.page.sound import listed_file, playable
from lightning_sepcl.explore.search import elsewhere, nearest_windows

Array = NDArray[Any]
Wave = Float32[Array, " sample"]
Draw = Callable[[Sequence[Wave], int], list[bytes]]
"""Pictures of waves (full scale 1) of one sample rate in Hz, as JPEG, all in one scale of colours."""
PICTURE = "image/jpeg"
FOUND = 12
"""Neighbours that are shown."""


@dataclass(frozen=True)
class Clips:
    """A collection whose windows are seen and heard.

    Attributes:
        embeddings: the collection.
        root: the folder its files lie in now.
        draw: makes pictures.
        shelf: where what was made is kept.
    """

    embeddings: Embeddings
    root: Path
    draw: Draw
    shelf: Shelf = field(default_factory=Shelf)

    def file(self, row: int) -> Path:
        """The file that a window is of."""
        return listed_file(self.root, self.embeddings.paths[self.embeddings.file[row]])

    def times(self, row: int) -> tuple[float, float, float]:
        """Start and end of a window, and how long its file is, in seconds."""
        found = self.embeddings
        return float(found.start[row]), float(found.end[row]), float(found.seconds[found.file[row]])

    def sound(self, row: int, plays: Collection[str]) -> Answer:
        """What a browser that plays these formats plays.

        Raises:
            UserError: the file is not there, or damaged.
        """
        name = f"sound {row} {sorted(plays)}"
        if (kept := self.shelf.get(name)) is not None:
            return kept
        body, media_type = playable(self.file(row), *self.times(row), plays)
        return self.shelf.put(name, Answer(body, media_type, ranges=True))

    def wave(self, row: int) -> Wave:
        """What the method heard of it, mixed down, at its sample rate."""
        start, end, _ = self.times(row)
        wave: Wave = read_audio(self.file(row), self.embeddings.origin.sample_rate, start=start, duration=end - start)[
            0
        ]
        return wave

    def picture(self, row: int) -> Answer:
        """Its spectrogram."""
        name = f"picture {row}"
        if (kept := self.shelf.get(name)) is not None:
            return kept
        (picture,) = self.draw([self.wave(row)], self.embeddings.origin.sample_rate)
        return self.shelf.put(name, Answer(picture, PICTURE))

    def near(self, row: int) -> list[dict[str, Any]]:
        """What sounds most like a window, and does not overlap it; each file once."""
        found, (start, end, _) = self.embeddings, self.times(row)
        allowed = elsewhere(found, [int(found.file[row])], start, end)
        return scored(*nearest_windows(found, found.h[row : row + 1], FOUND, allowed))


def scored(rows: Int64[Array, "1 found"], scores: Float32[Array, "1 found"]) -> list[dict[str, Any]]:
    """What was found, for the page."""
    return [{"row": int(row), "score": round(float(score), 4)} for row, score in zip(rows[0], scores[0], strict=True)]
