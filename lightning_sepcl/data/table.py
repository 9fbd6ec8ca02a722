"""Reads a CSV whose columns are known by name, and says which are missing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a CSV by column name; columns beyond `columns` are kept.

    Raises:
        UserError: no such file, not text, a column missing, a line of another length, or no lines at all.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: expected a CSV with the columns {', '.join(columns)}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found, lines = list(reader.fieldnames or ()), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV in UTF-8: {error}") from error
    missing = [column for column in columns if column not in found]
    if missing:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it has: {', '.join(found) or 'none'}")
    for number, line in enumerate(lines, start=2):
        if None in line or None in line.values():
            raise UserError(f"{path}, line {number}: expected {len(found)} values, as in the header")
    if not lines:
        raise UserError(f"{path} has a header but no lines")
    return lines
