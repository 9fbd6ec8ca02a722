"""The list of a corpus's clips: where each lies, what is heard in it and to which part it belongs."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_sepcl.errors import UserError

SPLITS = ("train", "val", "test")
COLUMNS = ("key", "path", "start_seconds", "duration_seconds", "labels", "split", "fold", "sources", "group")
DIRECTION_COLUMNS = ("azimuth_deg", "elevation_deg", "distance_m")
"""Further columns, where the direction of a clip is known."""
SECOND_COLUMNS = ("azimuth_2_deg", "elevation_2_deg", "distance_2_m")
"""And that of a second source, where any clip has one."""
Direction = tuple[float, ...]
SEPARATOR = ";"
CLASSES, MULTI_LABEL = "# classes: ", "# multi_label: "  # how the file's first two lines begin


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip.

    Attributes:
        key: its name, unique in the manifest.
        path: audio file relative to the corpus's root; any unique text where clips are rendered.
        start_seconds: where the clip begins in the file.
        duration_seconds: None is up to the end of the file.
        labels: classes that are present; empty where nothing is known.
        split: `train`, `val` or `test`.
        fold: 1.. where the corpus has folds, else 0.
        sources: files with the isolated sources, relative to the root, cut like the clip.
        group: what must not be torn apart by a split (a recording, a speaker).
        direction: azimuth (deg, counter-clockwise), elevation (deg), distance (m) of the source, and the same of a
            second one if there is one; None where unknown.
    """

    key: str
    path: str
    start_seconds: float
    duration_seconds: float | None
    labels: tuple[str, ...]
    split: str
    fold: int
    sources: tuple[str, ...] = ()
    group: str = ""
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All clips of a corpus, and the classes their labels come from.

    Attributes:
        entries: in the order that `Batch.index` counts.
        vocabulary: the classes, in the order of target vectors.
        multi_label: whether a clip may have several labels at once.

    Raises:
        UserError: two clips of one name, an unknown split, a label outside the vocabulary, or several labels on a
            clip of a single-label corpus.
    """

    entries: tuple[Entry, ...]
    vocabulary: tuple[str, ...]
    multi_label: bool

    def __post_init__(self) -> None:
        _refuse_twins("clip", [e.key for e in self.entries])
        _refuse_twins("class", self.vocabulary)
        known = set(self.vocabulary)
        for entry in self.entries:
            _check(entry, known, self)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def has_directions(self) -> bool:
        """Whether the direction of any clip is known."""
        return any(entry.direction is not None for entry in self.entries)

    @property
    def direction_columns(self) -> tuple[str, ...]:
        """What is known of directions: nothing, of one source, or of two."""
        most = max((len(entry.direction or ()) for entry in self.entries), default=0)
        return (DIRECTION_COLUMNS + SECOND_COLUMNS)[:most]

    @property
    def hash(self) -> str:
        """Twelve hex digits that change with any clip, label, split or class, not with the place of the files."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:12]

    def write(self, path: str | Path) -> None:
        """A CSV: two comment lines (classes, whether multi-label), a header, one line per clip."""
        Path(path).write_text(self._text(), encoding="utf-8", newline="")

    def _text(self) -> str:
        out = io.StringIO()
        out.write(f"{CLASSES}{SEPARATOR.join(self.vocabulary)}\n{MULTI_LABEL}{str(self.multi_label).lower()}\n")
        writer = csv.writer(out, lineterminator="\n")
        where = self.direction_columns
        writer.writerow(COLUMNS + where)
        writer.writerows(_row(entry) + _where(entry, len(where)) for entry in self.entries)
        return out.getvalue()


def read_manifest(path: str | Path) -> Manifest:
    """What `Manifest.write` wrote.

    Raises:
        UserError: no such file, or not such a CSV.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no manifest at {path}")
    with path.open(newline="", encoding="utf-8") as file:
        first, second = file.readline().rstrip("\n"), file.readline().rstrip("\n")
        reader = csv.DictReader(file)
        if not first.startswith(CLASSES) or not second.startswith(MULTI_LABEL):
            raise UserError(
                f"{path} is no manifest: its first two lines should begin with '{CLASSES}' and '{MULTI_LABEL}'"
            )
        directions = (), DIRECTION_COLUMNS, DIRECTION_COLUMNS + SECOND_COLUMNS
        if tuple(reader.fieldnames or ()) not in [COLUMNS + further for further in directions]:
            raise UserError(
                f"{path} is no manifest: its columns are {reader.fieldnames}, expected {', '.join(COLUMNS)}"
            )
        try:
            entries = tuple(_entry(row) for row in reader)
        except (AttributeError, TypeError, ValueError) as error:
            raise UserError(f"{path}, line {reader.line_num + 2}: {error}") from error
    return Manifest(entries, _split(first.removeprefix(CLASSES)), second.endswith("true"))


def closest(word: str, choices: Sequence[str]) -> str:
    """A hint to end an error message with: the most similar of `choices`, or some of them.

    >>> closest("dgo", ["dog", "cat"])
    'did you mean dog?'
    >>> closest("zzz", ["dog", "cat"])
    'known: dog, cat'
    """
    match = difflib.get_close_matches(word, choices, n=1)
    if match:
        return f"did you mean {match[0]}?"
    return f"known: {', '.join(choices[:8])}{', ...' if len(choices) > 8 else ''}"


def _refuse_twins(what: str, names: Sequence[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise UserError(f"{len(twins)} {what} name(s) occur more than once, the first is {twins[0]}: make them unique")


def _check(entry: Entry, known: set[str], manifest: Manifest) -> None:
    if entry.split not in SPLITS:
        raise UserError(f"clip {entry.key}: split is {entry.split!r}, should be one of {', '.join(SPLITS)}")
    if not manifest.multi_label and len(entry.labels) > 1:
        raise UserError(f"clip {entry.key} has {len(entry.labels)} labels, but the corpus allows one per clip")
    odd = [name for name in (*entry.labels, *entry.sources) if SEPARATOR in name]
    if odd:
        raise UserError(f"clip {entry.key}: {odd[0]!r} contains '{SEPARATOR}', which separates names: rename it")
    for label in entry.labels:
        if label not in known:
            hint = closest(label, manifest.vocabulary)
            raise UserError(f"clip {entry.key}: label {label!r} is none of the {len(known)} classes; {hint}")


def _row(entry: Entry) -> list[Any]:
    duration = "" if entry.duration_seconds is None else repr(entry.duration_seconds)
    labels, sources = SEPARATOR.join(entry.labels), SEPARATOR.join(entry.sources)
    where = (entry.key, entry.path, repr(entry.start_seconds), duration)
    return [*where, labels, entry.split, entry.fold, sources, entry.group]


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        key=row["key"],
        path=row["path"],
        start_seconds=float(row["start_seconds"]),
        duration_seconds=float(row["duration_seconds"]) if row["duration_seconds"] else None,
        labels=_split(row["labels"]),
        split=row["split"],
        fold=int(row["fold"]),
        sources=_split(row["sources"]),
        group=row["group"],
        direction=_direction(row),
    )


def _where(entry: Entry, columns: int) -> list[str]:
    known = [repr(value) for value in entry.direction or ()]
    return known + [""] * (columns - len(known))


def _direction(row: dict[str, str]) -> Direction | None:
    """Of one source or two; None where the first column is missing or empty."""
    columns = DIRECTION_COLUMNS + SECOND_COLUMNS if row.get(SECOND_COLUMNS[0]) else DIRECTION_COLUMNS
    return tuple(float(row[column]) for column in columns) if row.get(DIRECTION_COLUMNS[0]) else None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(SEPARATOR) if part)
