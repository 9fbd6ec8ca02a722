"""Embeds files one after another, their windows batched across files; each file is handed over once it is complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.decoding import Cut, Cutting, End, Event, cut_files, in_background
from lightning_sepcl.explore.embedder import Embedder
from lightning_sepcl.explore.windows import Piece, repeated

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """The embeddings of one file.

    Attributes:
        seconds: how long it is.
        start: (window,) seconds.
        end: (window,) seconds.
        h: (window, dim) float32.
        frame_time: (frame,) seconds, the middle of what each frame embedding hears; None where frames were not asked
            for.
        frame_h: (frame, dim) float32; None where frames were not asked for.
    """

    seconds: float
    start: Array
    end: Array
    h: Array
    frame_time: Array | None
    frame_h: Array | None


def cutting_for(
    embedder: Embedder, microphones: int, window_seconds: float, hop_seconds: float, frames: bool
) -> Cutting:
    """How files are to be read for an embedder; `frames` asks for tiles whose frames join to a regular grid."""
    rate = embedder.sample_rate
    window, hop = round(window_seconds * rate), round(hop_seconds * rate)
    if not frames:
        return Cutting(rate, microphones, window, hop)
    silence = torch.zeros(1, microphones, window, device=_device(embedder))
    with torch.inference_mode():
        count = embedder.embed_frames(silence).shape[-1]
    tile_hop = min(window, round(count * rate / embedder.frame_rate))
    return Cutting(rate, microphones, window, hop, window, tile_hop, embedder.frame_centre_seconds(microphones))


def embedded_files(
    embedder: Embedder,
    files: Sequence[Path],
    cutting: Cutting,
    *,
    readout: str,
    batch_size: int = 32,
    heard: Callable[[float], None] = lambda seconds: None,
) -> Iterator[Recording | str]:
    """For each file in order its embeddings, or the reason why it has none.

    Memory holds a few batches of windows, whatever the length of the files.

    Args:
        embedder: in evaluation mode, on the device that is to do the work.
        files: to be read.
        cutting: how.
        readout: which of the embedder's readouts is kept.
        batch_size: windows embedded together; changes results within rounding only.
        heard: called with the seconds of audio that were just finished.

    Raises:
        UserError: an embedding is not finite.
    """
    work = _Work(embedder, files, cutting, readout, batch_size, heard)
    next_file = 0
    with closing(in_background(cut_files(files, cutting), ahead=2 * batch_size)) as events:
        for event in events:
            work.take(event)
            while work.complete(next_file):
                yield work.recording(next_file)
                next_file += 1
    work.embed_waiting()
    for number in range(next_file, len(files)):
        yield work.recording(number)


def embedded(embedder: Embedder, pieces: Sequence[Piece], window: int, readout: str) -> Tensor:
    """(piece, dim), one embedding of each; pieces shorter than a window are repeated until they fill it."""
    wave = torch.from_numpy(np.stack([repeated(piece.wave, window) for piece in pieces]))
    with torch.inference_mode():
        found = embedder.embed(wave.to(_device(embedder)), torch.full((len(pieces),), window))
    return found[readout].float().cpu()


@dataclass
class _Work:
    """What is waiting to be embedded, and what was embedded of files that are not complete."""

    embedder: Embedder
    files: Sequence[Path]
    cutting: Cutting
    readout: str
    batch_size: int
    heard: Callable[[float], None]
    windows: list[Cut] = field(default_factory=list)
    tiles: list[Cut] = field(default_factory=list)
    ends: dict[int, End] = field(default_factory=dict)
    h: dict[int, list[tuple[int, int, Array]]] = field(default_factory=lambda: defaultdict(list))
    frames: dict[int, list[tuple[int, Array]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, event: Event) -> None:
        if isinstance(event, End):
            self.ends[event.file] = event
            if event.why:
                self._drop(event.file)
            return
        waiting = self.tiles if event.is_tile else self.windows
        waiting.append(event)
        if len(waiting) == self.batch_size:
            self.embed_waiting()

    def _drop(self, file: int) -> None:
        self.windows = [cut for cut in self.windows if cut.file != file]
        self.tiles = [cut for cut in self.tiles if cut.file != file]
        self.h.pop(file, None)
        self.frames.pop(file, None)

    def complete(self, file: int) -> bool:
        return file in self.ends and all(cut.file != file for cut in (*self.windows, *self.tiles))

    def embed_waiting(self) -> None:
        if self.windows:
            self._embed_windows()
        if self.tiles:
            self._embed_tiles()

    def _embed_windows(self) -> None:
        found = embedded(self.embedder, [cut.piece for cut in self.windows], self.cutting.window, self.readout)
        for cut, row in zip(self.windows, self._checked(found, self.windows), strict=True):
            length = cut.piece.wave.shape[1]
            self.h[cut.file].append((cut.piece.start, length, row))
            self.heard(min(length, self.cutting.hop) / self.cutting.sample_rate)
        self.windows = []

    def _embed_tiles(self) -> None:
        wave = torch.from_numpy(np.stack([cut.piece.wave for cut in self.tiles]))
        with torch.inference_mode():
            found = self.embedder.embed_frames(wave.to(_device(self.embedder))).mT
        for cut, rows in zip(self.tiles, self._checked(found, self.tiles), strict=True):
            self.frames[cut.file].append((cut.piece.start, rows))
        self.tiles = []

    def _checked(self, found: Tensor, cuts: Sequence[Cut]) -> Array:
        rows = found.float().cpu().numpy()
        for cut, row in zip(cuts, rows, strict=True):
            if not np.isfinite(row).all():
                at = cut.piece.start / self.cutting.sample_rate
                raise UserError(f"the embedding of {self.files[cut.file]} at {at:g} s is not finite: is the method?")
        return rows

    def recording(self, file: int) -> Recording | str:
        end = self.ends.pop(file)
        if end.why:
            return end.why
        rate = self.cutting.sample_rate
        starts, lengths, rows = zip(*self.h.pop(file), strict=True)
        start = np.array(starts) / rate
        times, frames = self._frames_of(file, end.samples / rate) if self.cutting.tile else (None, None)
        return Recording(end.samples / rate, start, start + np.array(lengths) / rate, np.stack(rows), times, frames)

    def _frames_of(self, file: int, seconds: float) -> tuple[Array, Array]:
        """Frames that listen to the file more than to what lies behind it; its first in any case."""
        tiles, rate, centre = self.frames.pop(file), self.embedder.frame_rate, self.cutting.frame_centre_seconds
        times = [start / self.cutting.sample_rate + centre + np.arange(len(rows)) / rate for start, rows in tiles]
        time, rows = np.concatenate(times), np.concatenate([rows for _, rows in tiles])
        count = max(1, int((time < seconds).sum()))
        return time[:count], rows[:count]


def _device(embedder: Embedder) -> torch.device:
    return torch.device(getattr(embedder, "device", "cpu"))
