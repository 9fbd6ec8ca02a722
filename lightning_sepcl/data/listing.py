"""What data sets with a list of their files have in common: finding the files, and refusing wrong lines by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lightning_sepcl.audio.files import AUDIO_SUFFIXES, audio_files
from lightning_sepcl.data.corpus import tell_unlisted
from lightning_sepcl.data.manifest import closest
from lightning_sepcl.errors import UserError


def listed_files(folder: Path, names: Sequence[str], where: str) -> list[str]:
    """The file of each listed name, relative to `folder`; files that are not listed are told.

    A file may end otherwise than its name in the list (a copy in FLAC), and names may come without an ending. The name
    of an absent file is given all the same, so that whoever reads it says that it is absent.

    Args:
        folder: where the files lie; names are those below it.
        names: as listed.
        where: the list, for messages.

    Raises:
        UserError: two files that differ in their endings only.
    """
    present = audio_files(folder) if folder.is_dir() else []
    by_stem: dict[str, str] = {}
    for file in present:
        other = by_stem.setdefault(_stem(file), file)
        if other != file:
            raise UserError(f"{folder} holds {other} and {file}: which one belongs to the data set? Keep one of them")
    paths = [by_stem.get(_stem(name), name if name != _stem(name) else f"{name}.wav") for name in names]
    tell_unlisted(folder, paths, where, present)
    return paths


def line_of(path: Path, index: int) -> str:
    """The place in a CSV of a line that `read_table` gave, for messages.

    >>> line_of(Path("train.csv"), 0)
    'train.csv, line 2'
    """
    return f"{path}, line {index + 2}"


def refuse_repeats(listed: Iterable[tuple[str, str]]) -> None:
    """Check that nothing is listed twice, in one list or in two.

    Args:
        listed: name, and where it is listed.

    Raises:
        UserError: names the second place and the first.
    """
    first: dict[str, str] = {}
    for name, where in listed:
        if name in first:
            raise UserError(f"{where}: {name} is listed already in {first[name]}: remove one of the two lines")
        first[name] = where


def refuse_unknown(labels: Iterable[str], classes: Sequence[str], where: str) -> None:
    """Check that labels are among the classes.

    Raises:
        UserError: names the place, the label and the closest class.
    """
    known = frozenset(classes)
    for label in labels:
        if label not in known:
            raise UserError(
                f"{where}: label {label!r} is none of the {len(classes)} classes; {closest(label, classes)}"
            )


def _stem(name: str) -> str:
    head, dot, ending = name.rpartition(".")
    return head if dot and f".{ending.lower()}" in AUDIO_SUFFIXES else name
