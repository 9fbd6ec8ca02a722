"""What the points of the map are coloured by: the folders that files lie in, and labels from a CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

LABELS_FILE = "labels.csv"
"""Of a folder of recordings: the same file that a training on it reads."""


@dataclass(frozen=True, slots=True)
class Groups:
    """A way to sort the files.

    Attributes:
        title: what it is, such as `folder`.
        names: of the groups, the one with the most files first.
        of: (file) number of the group of each file; -1 for none.
    """

    title: str
    names: tuple[str, ...]
    of: tuple[int, ...]


def groups_of(paths: Sequence[str], root: Path, labels: Path | None) -> list[Groups]:
    """Labels first, where there are any, then folders, where there are several.

    Args:
        paths: of the files, relative to the root.
        root: the collection's folder.
        labels: a CSV with the columns `file` and `label`; None: `labels.csv` in the root, if it is there.

    Raises:
        UserError: no such CSV, or it lists none of the files.
    """
    given = labels or (root / LABELS_FILE if (root / LABELS_FILE).is_file() else None)
    found = [_sorted("label", _labels(paths, given))] if given else []
    folders = [path.rpartition("/")[0] or "." for path in paths]
    return [*found, _sorted("folder", folders)] if len(set(folders)) > 1 else found


def _labels(paths: Sequence[str], file: Path) -> list[str]:
    lines = read_table(file, ("file", "label"))
    known = {Path(line["file"]).as_posix(): line["label"].strip() for line in lines}
    labels = [known.get(path, "") for path in paths]
    if not any(labels):
        raise UserError(f"{file} has no label for any of the {len(paths)} recordings, such as {paths[0]}")
    return labels


def _sorted(title: str, names: Sequence[str]) -> Groups:
    counts = Counter(name for name in names if name)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    number = {name: i for i, name in enumerate(ranked)}
    return Groups(title, tuple(ranked), tuple(number.get(name, -1) for name in names))
