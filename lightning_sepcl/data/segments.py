"""Reads AudioSet's lists of segments, in all the forms in which they are passed on.

Official lists begin with three comment lines and write `--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"`. Copies
have fewer comment lines or a header instead, no spaces, no quotes, whole seconds, Windows line ends, a byte order mark,
display names instead of machine ids, or the letter Y before the video's id.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.data.class_labels import ClassLabels
from lightning_sepcl.errors import UserError

COLUMNS = ("ytid", "start_seconds", "end_seconds", "positive_labels")
LINE = "YTID, start_seconds, end_seconds, positive_labels"
_ID = re.compile(r"Y?([\w-]{11})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a video and what is heard in it.

    Attributes:
        key: video id and start in milliseconds, as in the ids of AudioSet's strong labels: `--PJHxphWEs_30000`.
        video: the video's id, 11 characters.
        start_seconds: where in the video it begins.
        labels: display names of the classes.
    """

    key: str
    video: str
    start_seconds: float
    labels: tuple[str, ...]


def read_segments(path: Path, classes: ClassLabels) -> list[Segment]:
    """All segments of a list, in its order.

    Raises:
        UserError: no such file, no text, other columns, a line that is no segment, a label that is no class, a segment
            that is listed twice, or none at all; says in which line.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: expected a list with the columns {LINE}")
    segments: list[Segment] = []
    line_of: dict[str, int] = {}
    try:
        for number, row in _rows(path):
            segment = _segment(row, classes)
            first = line_of.setdefault(segment.key, number)
            if first != number:
                raise ValueError(f"{segment.key} is listed already in line {first}: remove one of the two lines")
            segments.append(segment)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV in UTF-8: {error}") from error
    except ValueError as error:
        raise UserError(f"{path}, line {number}: {error}") from error
    if not segments:
        raise UserError(f"{path} lists no segments: each line should be {LINE}")
    return segments


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and values of each line that is neither empty, a comment nor the header."""
    first = True
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, skipinitialspace=True)
        for row in reader:
            if not row or row[0].startswith("#"):
                continue
            if first and _is_header(row):
                _refuse_other_columns(row, path)
            else:
                yield reader.line_num, row
            first = False


def _is_header(row: list[str]) -> bool:
    return not any(_is_number(value) for value in row)


def _refuse_other_columns(row: list[str], path: Path) -> None:
    if tuple(name.strip().lower() for name in row) != COLUMNS:
        raise UserError(f"{path} has the columns {', '.join(row)}; expected {LINE}")


def _segment(row: list[str], classes: ClassLabels) -> Segment:
    if len(row) < 4:
        raise ValueError(f"{len(row)} value(s), expected {LINE}")
    found = _ID.fullmatch(row[0].strip())
    if found is None:
        raise ValueError(f"{row[0]!r} is no YouTube id, which has 11 letters, digits, - or _")
    start, end = _seconds(row[1]), _seconds(row[2])
    if not 0 <= start < end:
        raise ValueError(f"the segment goes from {start:g} s to {end:g} s")
    return Segment(f"{found[1]}_{round(1000 * start)}", found[1], start, classes.read(",".join(row[3:])))


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number of seconds") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
