"""AudioSet's classes, as `class_labels_indices.csv` numbers and names them; reads lists of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.data.listing import line_of, refuse_repeats
from lightning_sepcl.data.manifest import closest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

COLUMNS = ("index", "mid", "display_name")


class ClassLabels:
    """The classes of AudioSet.

    Args:
        names: display names, as in the ontology, in the order of their numbers.
        mids: their machine ids, such as `/m/09x0r`.
    """

    def __init__(self, names: Sequence[str], mids: Sequence[str]) -> None:
        self.names, self.mids = tuple(names), tuple(mids)
        self._name_of = {name: name for name in names} | dict(zip(mids, names, strict=True))
        self._longest = max((name.count(",") for name in names), default=0) + 1
        self._known: dict[str, tuple[str, ...]] = {}

    def read(self, text: str) -> tuple[str, ...]:
        """The display names in a list of machine ids or display names that commas separate, quoted or not.

        Display names may hold commas themselves: the longest name that fits is taken.

        Raises:
            ValueError: nothing in the list, or what is no class; says what it is closest to.

        >>> ClassLabels(["Speech", "Walk, footsteps"], ["/m/09x0r", "/m/07pbtc8"]).read('"/m/07pbtc8,Speech"')
        ('Walk, footsteps', 'Speech')
        """
        if text not in self._known:  # a few thousand lists cover the two million lines of the data set
            self._known[text] = self._parsed(text)
        return self._known[text]

    def _parsed(self, text: str) -> tuple[str, ...]:
        parts = [part for part in (piece.strip(' "') for piece in text.split(",")) if part]
        if not parts:
            raise ValueError("no label")
        found: list[str] = []
        while parts:
            for count in range(min(self._longest, len(parts)), 0, -1):
                name = self._name_of.get(", ".join(parts[:count]))
                if name is not None:
                    break
            else:
                choices = self.mids if parts[0].startswith("/") else self.names
                hint = closest(parts[0], choices)
                raise ValueError(f"label {parts[0]!r} is none of the {len(self.names)} classes; {hint}")
            found.append(name)
            del parts[:count]
        return tuple(dict.fromkeys(found))


def read_class_labels(path: Path) -> ClassLabels:
    """The classes in `class_labels_indices.csv`.

    Raises:
        UserError: no such file, other columns, numbers that are none, or a class that is listed twice.
    """
    lines = read_table(path, COLUMNS)
    for column in COLUMNS:
        refuse_repeats((line[column].strip(), line_of(path, i)) for i, line in enumerate(lines))
    try:
        lines.sort(key=lambda line: int(line["index"]))
    except ValueError as error:
        raise UserError(f"{path}: the column index should hold whole numbers ({error})") from error
    return ClassLabels([line["display_name"].strip() for line in lines], [line["mid"].strip() for line in lines])
