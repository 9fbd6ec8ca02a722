"""A file that is dropped onto the page becomes an example that the collection is searched with."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedIOBase
from itertools import count
from pathlib import Path
from typing import Any

from lightning_sepcl.audio.files import AUDIO_SUFFIXES
from lightning_sepcl.audio.reading import UnreadableAudio, audio_seconds, read_audio
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.answer import Answer
from lightning_sepcl.explore.page.clips import FOUND, PICTURE, Clips, scored
from lightning_sepcl.explore.page.sound import WAV, wav_bytes
from lightning_sepcl.explore.search import Query, nearest_windows

MOST_BYTES = 100_000_000
MOST_SECONDS = 300.0
"""Of an example: what is longer is no example of one sound, and keeps the machine busy."""
COPY_BYTES = 1 << 20

Embed = Callable[[Path], Query]
"""Embeds a file as the collection was embedded."""


@dataclass(frozen=True)
class Examples:
    """Searches the collection with files.

    Attributes:
        clips: the collection.
        embed: embeds an example, one at a time.
    """

    clips: Clips
    embed: Embed
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: count[int] = field(default_factory=count)

    def found(self, name: str, content: BufferedIOBase, size: int) -> dict[str, Any]:
        """What sounds like the file, and under which names its own sound and picture are kept.

        Args:
            name: of the file, for messages.
            content: its bytes.
            size: how many there are.

        Raises:
            UserError: it cannot be read, is silent or too long.
        """
        suffix = Path(name).suffix.lower()
        with tempfile.TemporaryDirectory(prefix="sepcl-example-") as folder:
            file = Path(folder) / f"example{suffix if suffix in AUDIO_SUFFIXES else ''}"
            _copy(content, size, file)
            try:
                return self._found(file)
            except UnreadableAudio as error:
                raise UserError(f"{name}: {error.why}") from error
            except UserError as error:
                raise UserError(str(error).replace(str(file), name)) from error

    def _found(self, file: Path) -> dict[str, Any]:
        rate, seconds = self.clips.embeddings.origin.sample_rate, audio_seconds(file)
        if seconds > MOST_SECONDS:
            raise UserError(
                f"{file} lasts {seconds:.0f} s, an example at most {MOST_SECONDS:g} s: cut out what you mean"
            )
        wave = read_audio(file, rate)
        with self._lock:
            query = self.embed(file)
        rows, scores = nearest_windows(self.clips.embeddings, query.h, FOUND)
        number, (picture,) = next(self._numbers), self.clips.draw([wave[0]], rate)
        self.clips.shelf.put(f"example-{number}-sound", Answer(wav_bytes(wave, rate), WAV, ranges=True))
        self.clips.shelf.put(f"example-{number}-picture", Answer(picture, PICTURE))
        kept = {kind: f"kept/example-{number}-{kind}" for kind in ("sound", "picture")}
        return {**kept, "seconds": seconds, "windows": query.windows, "near": scored(rows, scores)}


def _copy(content: BufferedIOBase, size: int, file: Path) -> None:
    with file.open("wb") as out:
        while size and (block := content.read(min(size, COPY_BYTES))):
            out.write(block)
            size -= len(block)
    if size:
        raise UserError("the file did not arrive whole: drop it again")
