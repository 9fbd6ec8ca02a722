"""Files become windows in a thread of their own, so that the model does not wait for the disk and the decoder."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lightning_sepcl.audio.reading import UnreadableAudio
from lightning_sepcl.explore.stream import audio_blocks
from lightning_sepcl.explore.windows import Piece, Tiles, Windows

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Cutting:
    """How files are read and cut.

    Attributes:
        sample_rate: Hz.
        microphones: 1 mixes channels down.
        window: samples of a window.
        hop: samples from one window to the next one.
        tile: samples of the stretches that frame embeddings are computed on; 0 for none.
        tile_hop: samples from one tile to the next one.
        frame_centre_seconds: from the beginning of a tile to the middle of what its first frame embedding hears.
    """

    sample_rate: int
    microphones: int
    window: int
    hop: int
    tile: int = 0
    tile_hop: int = 0
    frame_centre_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A window or, for frame embeddings, a tile of the file of number `file`."""

    file: int
    piece: Piece
    is_tile: bool


@dataclass(frozen=True, slots=True)
class End:
    """The file of number `file` is over after so many samples, or cannot be used for the reason `why`."""

    file: int
    samples: int
    why: str = ""


Event = Cut | End


def cut_files(files: Sequence[Path], cutting: Cutting) -> Iterator[Event]:
    """All pieces of all files in order, each file's followed by its `End`; also that of a file that breaks off."""
    for number, path in enumerate(files):
        windows = Windows(cutting.window, cutting.hop)
        tiles = Tiles(cutting.tile, cutting.tile_hop) if cutting.tile else None
        try:
            for block in audio_blocks(path, cutting.sample_rate, cutting.microphones):
                yield from (Cut(number, piece, False) for piece in windows.add(block))
                yield from (Cut(number, piece, True) for piece in (tiles.add(block) if tiles else ()))
            rest = chain(((p, False) for p in windows.end()), ((p, True) for p in (tiles.end() if tiles else ())))
            yield from (Cut(number, piece, is_tile) for piece, is_tile in rest)
            yield End(number, windows.samples)
        except UnreadableAudio as error:
            yield End(number, 0, error.why)
        except OSError as error:  # a folder without permission, a disk that fails
            yield End(number, 0, str(error.strerror or error))


def in_background(events: Iterator[Event], ahead: int) -> Generator[Event, None, None]:
    """The same events, produced by a thread that runs up to `ahead` of them in advance.

    The thread ends when the events do, or when the caller stops asking and closes this generator.
    """
    waiting: queue.Queue[Event | BaseException | None] = queue.Queue(maxsize=ahead)
    stop = threading.Event()

    def produce() -> None:
        last: BaseException | None = None
        try:
            for event in events:
                if not _put(waiting, event, stop):
                    return
        except BaseException as error:  # handed over, to be raised where somebody listens
            last = error
        _put(waiting, last, stop)

    thread = threading.Thread(target=produce, name="decoding", daemon=True)
    thread.start()
    try:
        while (event := waiting.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        stop.set()
        thread.join()


def _put(waiting: queue.Queue[Event | BaseException | None], event: Event | BaseException | None,
         stop: threading.Event) -> bool:  # fmt: skip
    """Whether it was put before somebody said stop."""
    while not stop.is_set():
        try:
            waiting.put(event, timeout=POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
