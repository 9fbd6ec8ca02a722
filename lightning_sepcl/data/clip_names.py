"""Finds the clips of AudioSet among files that are named and nested in the various ways people store them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.audio.files import AUDIO_SUFFIXES
from lightning_sepcl.data.segments import Segment
from lightning_sepcl.errors import UserError

NAMES = "<id>.wav, Y<id>.wav, <id>_<start>.wav or <id>_<start>_<end>.wav"
_NUMBER = r"[_-](\d+(?:\.\d+)?)"
_REST = re.compile(rf"(?:{_NUMBER}(?:{_NUMBER})?)?")
_ID_LENGTH = 11


@dataclass(frozen=True, slots=True)
class FoundClips:
    """Which file holds which segment.

    Attributes:
        path_of: segment's key -> file.
        copies: files that hold a segment which an earlier file holds already.
        others: files that hold none of the segments.
    """

    path_of: dict[str, str]
    copies: list[str]
    others: list[str]


def walk(root: Path) -> Iterator[str]:
    """Paths of all files below a folder, relative to it, folder by folder and sorted; no file is asked for its state.

    Links to folders are followed, each folder once; hidden files and folders are left out.
    """
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(folder, root)
        prefix = "" if below == "." else below.replace(os.sep, "/") + "/"
        yield from (prefix + name for name in sorted(files) if not name.startswith("."))


def match_clips(files: Iterable[str], segments: Sequence[Segment]) -> FoundClips:
    """Tell by their names which files hold which segments.

    A name is the video's id, with or without Y before it, alone or followed by the start (seconds, whole seconds or
    milliseconds) and perhaps the end: `Yabcdefghijk.wav`, `abcdefghijk_30.000_40.000.flac`, `abcdefghijk_30000.ogg`.

    Args:
        files: paths; only audio files are looked at.
        segments: those that are looked for.

    Raises:
        UserError: a file named by its video only, of which several segments are listed.
    """
    of_video: dict[str, list[Segment]] = {}
    for segment in segments:
        of_video.setdefault(segment.video, []).append(segment)
    found = FoundClips({}, [], [])
    for file in files:
        stem, ending = os.path.splitext(file.rpartition("/")[2])
        if ending.lower() in AUDIO_SUFFIXES:
            held = _held(stem, file, of_video)
            if held is None:
                found.others.append(file)
            elif found.path_of.setdefault(held.key, file) != file:
                found.copies.append(file)
    return found


def _held(stem: str, file: str, of_video: dict[str, list[Segment]]) -> Segment | None:
    for name in (stem[1:], stem) if stem.startswith("Y") else (stem,):  # an id may begin with Y itself
        rest = _REST.fullmatch(name, _ID_LENGTH) if len(name) >= _ID_LENGTH else None
        several = of_video.get(name[:_ID_LENGTH], []) if rest else []
        if rest and several and rest[1] is None:
            _refuse_ambiguous(several, file)
            return several[0]
        for segment in several:
            if rest and _is_start(float(rest[1]), segment.start_seconds):
                return segment
    return None


def _is_start(number: float, start: float) -> bool:
    return any(abs(number - told) < 5e-4 for told in (start, int(start), round(1000 * start)))


def _refuse_ambiguous(several: Sequence[Segment], file: str) -> None:
    if len(several) > 1:
        keys = " and ".join(segment.key for segment in several[:2])
        raise UserError(f"{file} is named by its video only, of which {keys} are listed: name it <id>_<start>")
