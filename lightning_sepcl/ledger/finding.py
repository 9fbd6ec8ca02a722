"""Which tables there are, and which one a user means by a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.section import file_content
from lightning_sepcl.shipped import here_or_shipped, matching

FOLDER = Path("experiments/tables")


def find_table(name: str, folder: Path = FOLDER) -> Path:
    """The table file a user means: a path, or a name below `folder`, of here or else of those that came along.

    `scenes/table4`, `scenes-table4` and, where no other folder has one, `table4` are the same; `-` and `_` are equal.

    Raises:
        LedgerError: there is none, or several; the message names the closest, or all that are meant.
    """
    for path in (Path(name), Path(f"{name}.yaml"), folder / name, folder / f"{name}.yaml"):
        if here_or_shipped(path).is_file():
            return path
    known: dict[str, Path] = {}
    for paths in (table_files(folder), _tables(matching(folder, "**/*.yaml"))):
        known = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
        if meant := _meant(name, known):
            return known[meant]
    raise unknown_name(name, known, f"no table file {name}, tables live in {folder}")


def table_files(folder: Path = FOLDER) -> list[Path]:
    """All table files below a folder, else those that came with the package, by name; stages alone are no table."""
    return _tables(sorted(folder.rglob("*.yaml"))) or _tables(matching(folder, "**/*.yaml"))


def table_name(path: Path) -> str:
    """Name for folders and pages: the path below a folder `tables`, joined by dashes.

    >>> table_name(Path("experiments/tables/scenes/table4.yaml"))
    'scenes-table4'
    """
    parts = path.with_suffix("").parts
    last = len(parts) - 1 - parts[::-1].index("tables") if "tables" in parts[:-1] else len(parts) - 2
    return "-".join(parts[last + 1 :])


def _meant(name: str, names: Iterable[str]) -> str:
    """The table of that name, else the one whose last part it is; empty for none."""
    plain = _plain(name.removesuffix(".yaml"))
    meant = [known for known in names if _plain(known) == plain]
    meant = meant or [known for known in names if _plain(known.rpartition("/")[2]) == plain]
    if len(meant) > 1:
        raise LedgerError(f"several tables are called {name}, write one of: {', '.join(meant)}")
    return meant[0] if meant else ""


def _tables(paths: Sequence[Path]) -> list[Path]:
    return [path for path in paths if _is_table(path)]


def _plain(name: str) -> str:
    return name.lower().replace("/", "-").replace("_", "-")


def _is_table(path: Path) -> bool:
    try:
        return "columns" in file_content(path)
    except LedgerError:  # broken: told when it is read
        return True
