"""What is finished of a long job, kept beside its output so that a killed one can go on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.embeddings import Array, Embeddings, Frames, Origin
from lightning_sepcl.explore.embeddings_file import arrays_of, embeddings_of, read_arrays, write_whole
from lightning_sepcl.explore.recordings import Recording

SECONDS_BETWEEN_PARTS = 20.0
"""What a kill can cost at most, beside the file that was being read."""


class Parts:
    """Finished files, handed in one by one, on disk within some seconds; taken over from a job that was killed.

    They are kept in `OUT.parts/`. Those of other settings, or of files that have changed since, are not taken over.

    Args:
        out: file that the job is to write.
        origin: what the job makes embeddings with.
        frames: whether it makes frame embeddings.
        fingerprints: by path of each file of the job: text that changes when the file does.
    """

    def __init__(self, out: Path, origin: Origin, frames: bool, fingerprints: Mapping[str, str]) -> None:
        self.folder = out.with_name(f"{out.name}.parts")
        self.origin, self.frames, self.fingerprints = origin, frames, fingerprints
        self.done: dict[str, Recording] = {}
        self._new: dict[str, Recording] = {}
        self._saved = time.monotonic()
        for part in sorted(self.folder.glob("*.npz")):
            self._take_over(part)

    def add(self, path: str, recording: Recording) -> None:
        """A file is finished.

        Raises:
            UserError: the disk is full; what was kept before stays.
        """
        self.done[path] = self._new[path] = recording
        if time.monotonic() - self._saved >= SECONDS_BETWEEN_PARTS:
            self.save()

    def save(self) -> None:
        """Bring what is new to the disk."""
        if self._new:
            self.folder.mkdir(exist_ok=True)
            number = 1 + max((int(p.stem) for p in self.folder.glob("*.npz") if p.stem.isdigit()), default=0)
            arrays = arrays_of(joined(self._new, self.origin))
            arrays["fingerprints"] = np.array([self.fingerprints[path] for path in sorted(self._new)])
            write_whole(self.folder / f"{number:06d}.npz", lambda file: np.savez(file, **arrays))
        self._new, self._saved = {}, time.monotonic()

    def remove(self) -> None:
        """The job is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _take_over(self, part: Path) -> None:
        try:
            arrays = read_arrays(part)
            known = dict(zip(map(str, arrays["paths"]), map(str, arrays.pop("fingerprints")), strict=True))
            kept = embeddings_of(arrays, part)
        except (ValueError, KeyError, UserError):  # a part that is broken is made again
            return
        if kept.origin == self.origin and (kept.frames is not None) == self.frames:
            same = {path for path, fingerprint in known.items() if self.fingerprints.get(path) == fingerprint}
            self.done.update((path, found) for path, found in _taken_apart(kept) if path in same)


def joined(recordings: Mapping[str, Recording], origin: Origin) -> Embeddings:
    """All recordings as one collection, in the order of their paths."""
    paths = sorted(recordings)
    found = [recordings[path] for path in paths]
    return Embeddings(
        paths=tuple(paths),
        seconds=np.array([r.seconds for r in found]),
        file=np.repeat(np.arange(len(found)), [len(r.h) for r in found]),
        start=np.concatenate([r.start for r in found]),
        end=np.concatenate([r.end for r in found]),
        h=np.concatenate([r.h for r in found]),
        frames=_joined_frames([(r.frame_time, r.frame_h) for r in found]),
        origin=origin,
    )


def _joined_frames(found: Sequence[tuple[Array | None, Array | None]]) -> Frames | None:
    pairs = [(time, h) for time, h in found if time is not None and h is not None]
    if not pairs:
        return None
    offsets = np.cumsum([0, *(len(h) for _, h in pairs)], dtype=np.int64)
    return Frames(np.concatenate([h for _, h in pairs]), np.concatenate([time for time, _ in pairs]), offsets)


def _taken_apart(kept: Embeddings) -> Iterable[tuple[str, Recording]]:
    bounds = np.searchsorted(kept.file, np.arange(len(kept.paths) + 1))
    for number, (path, seconds) in enumerate(zip(kept.paths, kept.seconds, strict=True)):
        rows = slice(bounds[number], bounds[number + 1])
        frames = (None, None) if kept.frames is None else kept.frames.of(number)
        yield path, Recording(float(seconds), kept.start[rows], kept.end[rows], kept.h[rows], *frames)
