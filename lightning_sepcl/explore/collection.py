"""From a folder of recordings to the file of their embeddings: the whole job, as `sepcl embed` does it."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lightning_sepcl.audio.files import AUDIO_SUFFIXES, audio_files, foreign_files
from lightning_sepcl.audio.reading import UnreadableAudio, audio_seconds
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.embedder import Embedder
from lightning_sepcl.explore.embeddings import Embeddings, Origin
from lightning_sepcl.explore.embeddings_file import write_embeddings, write_whole
from lightning_sepcl.explore.parts import Parts, joined
from lightning_sepcl.explore.recordings import cutting_for, embedded_files
from lightning_sepcl.progress import WholeSeconds, progress

LONGEST_SECONDS = 1e7
"""A header that announces more than four months has nothing to say about the work to be done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        embeddings: of the files that could be read.
        skipped: path and reason of the others.
        taken_over: how many files an earlier, killed job had finished.
    """

    embeddings: Embeddings
    skipped: tuple[tuple[str, str], ...]
    taken_over: int


def listed(places: Sequence[Path]) -> tuple[Path, list[str]]:
    """The folder all recordings lie in, and their sorted paths relative to it.

    Args:
        places: folders, searched with all folders below them for files with an ending of audio, also of audio that
            cannot be read, and single files.

    Raises:
        UserError: a place does not exist, or there is nothing to read.
    """
    for place in places:
        if not place.exists():
            raise UserError(f"no file or folder {place}: name the folder that holds your recordings")
    found = [p.absolute() / name for p in places if p.is_dir() for name in [*audio_files(p), *foreign_files(p)]]
    found += [p.absolute() for p in places if p.is_file()]
    if not found:
        endings = ", ".join(sorted(AUDIO_SUFFIXES))
        raise UserError(f"no audio files below {', '.join(map(str, places))} (looked for {endings})")
    above = [str((p if p.is_dir() else p.parent).absolute()) for p in places]
    root = Path(os.path.commonpath(above))
    return root, sorted({path.relative_to(root).as_posix() for path in found})


def embed_collection(
    embedder: Embedder,
    places: Sequence[Path],
    out: Path,
    origin: Origin,
    *,
    frames: bool = False,
    batch_size: int = 32,
) -> Outcome:
    """Embed all recordings and write `out`; files that cannot be read are left out and listed in `OUT.skipped.csv`.

    A job that was killed goes on where it was when it is started again with the same settings, and writes the same
    file. Progress is told on stderr, in seconds of audio.

    Args:
        embedder: in evaluation mode, on its device.
        places: folders and files.
        out: ends in `.npz` or `.parquet`.
        origin: how files are read and cut, and what `out` says it was made with; its `root` is filled in here.
        frames: embeddings of frames too.
        batch_size: windows embedded together.

    Raises:
        UserError: nothing to read, none of the files can be read, or the disk is full.
    """
    root, paths = listed(places)
    origin = replace(origin, root=str(root))
    parts = Parts(out, origin, frames, {path: _fingerprint(root / path) for path in paths})
    taken_over = len(parts.done)
    if taken_over:
        print(f"going on: {taken_over} of {len(paths)} files were finished before", file=sys.stderr)
    skipped = _embed(embedder, root, [path for path in paths if path not in parts.done], origin, batch_size, parts)
    _list_skipped(out.with_name(f"{out.name}.skipped.csv"), skipped)
    if not parts.done:
        raise UserError(f"none of {len(paths)} file(s) can be read; {skipped[0][0]}: {skipped[0][1]}")
    embeddings = joined(parts.done, origin)
    try:
        write_embeddings(out, embeddings)
    except UserError:
        parts.save()
        raise
    parts.remove()
    return Outcome(embeddings, tuple(skipped), taken_over)


def _embed(
    embedder: Embedder, root: Path, paths: Sequence[str], origin: Origin, batch_size: int, parts: Parts
) -> list[tuple[str, str]]:
    """Embed files into `parts`; returns path and reason of those that cannot be read."""
    cutting = cutting_for(embedder, origin.microphones, origin.window_seconds, origin.hop_seconds, parts.frames)
    seconds, skipped = sum(_seconds(root / path) for path in paths), list[tuple[str, str]]()
    with progress("embedding, in seconds of audio", max(1, round(seconds))) as tell:
        files, heard = [root / path for path in paths], WholeSeconds(tell)
        found = embedded_files(
            embedder, files, cutting, readout=origin.readout, batch_size=batch_size, heard=heard
        )  # fmt: skip
        try:
            for path, recording in zip(paths, found, strict=True):
                if isinstance(recording, str):
                    skipped.append((path, recording))
                else:
                    parts.add(path, recording)
        except KeyboardInterrupt:
            parts.save()
            raise
    return skipped


def _seconds(path: Path) -> float:
    try:
        return min(audio_seconds(path), LONGEST_SECONDS)
    except (UnreadableAudio, OSError):
        return 0.0


def _fingerprint(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "absent"
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def _list_skipped(path: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """The CSV beside the output, with the columns path and reason; none where nothing was skipped."""
    if not skipped:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("path", "reason"), *skipped])
    write_whole(path, lambda file: file.write(text.getvalue().encode()))
