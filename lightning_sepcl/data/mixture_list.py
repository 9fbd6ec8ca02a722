"""Lists of mixtures: which clips are summed, from where in each, and how loud. Drawn from a seed, kept as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_text

COLUMNS = ("mixture", "clip", "start_seconds", "gain_db")


@dataclass(frozen=True, slots=True)
class Part:
    """One source of a mixture.

    Attributes:
        clip: its key.
        start_seconds: where its window begins in the clip as it lies in the cache.
        gain_db: over the common level.
    """

    clip: str
    start_seconds: float
    gain_db: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """A mixture.

    Attributes:
        key: its name.
        parts: its sources, in order.
    """

    key: str
    parts: tuple[Part, ...]


def list_text(recipes: Sequence[Recipe]) -> str:
    """The list as CSV: a line per source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for recipe in recipes:
        writer.writerows((recipe.key, p.clip, f"{p.start_seconds:.6f}", f"{p.gain_db:.3f}") for p in recipe.parts)
    return out.getvalue()


def list_hash(recipes: Sequence[Recipe]) -> str:
    """Twelve hex digits that change with anything in the list."""
    return hashlib.sha256(list_text(recipes).encode()).hexdigest()[:12]


def write_list(path: Path, recipes: Sequence[Recipe]) -> None:
    """Write the CSV, whole or not at all.

    Raises:
        UserError: the folder cannot be written to.
    """
    try:
        whole_text(path, list_text(recipes))
    except OSError as error:
        raise UserError(f"cannot write the list of mixtures {path}: {error.strerror}") from error


def read_list(path: Path, splits: Mapping[str, str], split: str, count: int) -> tuple[Recipe, ...]:
    """The first `count` mixtures of a list.

    Args:
        path: of the CSV.
        splits: key -> split of every clip there is.
        split: that all clips of the list must be in.
        count: mixtures wanted.

    Raises:
        UserError: another table, too few mixtures, or a clip that is not there, or not in the split.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UserError(f"{path} is no list of mixtures: its columns should be {', '.join(COLUMNS)}")
        try:
            rows = [
                (r["mixture"], Part(r["clip"], float(r["start_seconds"]), float(r["gain_db"])))
                for r in map(dict, reader)
            ]
        except (TypeError, ValueError) as error:
            raise UserError(f"{path}, line {reader.line_num}: {error}") from error
    for _, part in rows:
        if splits.get(part.clip) != split:
            where = f"is in {splits[part.clip]}" if part.clip in splits else "is not in the data set"
            raise UserError(
                f"{path} names the clip {part.clip}, which {where}, not in {split}: delete the file, and a list of "
                "this data set is drawn"
            )
    recipes = [Recipe(key, tuple(p for _, p in group)) for key, group in groupby(rows, key=lambda row: row[0])]
    if len(recipes) < count:
        raise UserError(f"{path} has {len(recipes)} mixtures, {count} are wanted: ask for fewer, or delete the file")
    return tuple(recipes[:count])
