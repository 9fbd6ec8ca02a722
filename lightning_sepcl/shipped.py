"""The experiments that came with the package: what `experiments/...` means where the working folder has no such file.

A wheel holds a copy of the repository's `experiments/` inside the package; in a checkout it is that folder itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

NAME = "experiments"
PACKAGE = Path(__file__).resolve().parent
COPY = "_experiments"
"""What a wheel calls its copy; setup.py and pyproject.toml say the same."""


def shipped_folder() -> Path:
    """Where they lie."""
    inside = PACKAGE / COPY
    return inside if inside.is_dir() else PACKAGE.parent / NAME


def here_or_shipped(path: Path) -> Path:
    """The file or folder itself where it exists, else the shipped one of the same name, where there is one.

    >>> here_or_shipped(Path("experiments/nothing.yaml")).as_posix()
    'experiments/nothing.yaml'
    """
    if path.exists():
        return path
    below = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    if below.parts[:1] == (NAME,) and (found := shipped_folder().joinpath(*below.parts[1:])).exists():
        return found
    return path


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files below a folder such as `experiments/tables`, of here and shipped ones, each under the name it has here."""
    return sorted({folder / name for place in (folder, _shipped(folder)) for name in _below(place, pattern)})


def _shipped(folder: Path) -> Path:
    return shipped_folder().joinpath(*folder.parts[1:]) if folder.parts[:1] == (NAME,) else folder


def _below(folder: Path, pattern: str) -> Iterator[Path]:
    yield from (path.relative_to(folder) for path in folder.glob(pattern))
