"""Importing a Python file of the user's own, so that its classes can be named in experiments."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from lightning_sepcl.errors import UserError


def import_plugin_file(path: Path) -> ModuleType:
    """The module in a file, imported under the file's name; its folder joins the import path.

    Where the file is gone, a module of its name that was imported before takes its place.

    Raises:
        UserError: no such file, another module has its name, or it cannot be imported.
    """
    file = path.resolve()
    if not file.is_file():
        if file.stem in sys.modules:
            return sys.modules[file.stem]
        raise UserError(f"no plugin file {path}: if it lies elsewhere, name it with --plugins FILE")
    folder = str(file.parent)
    if folder not in sys.path:
        sys.path.append(folder)  # by name, because worker processes and checkpoints find the classes by it
        importlib.invalidate_caches()
    try:
        module = importlib.import_module(file.stem)
    except Exception as error:  # the file may raise anything
        raise UserError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    if Path(getattr(module, "__file__", None) or "").resolve() != file:
        raise UserError(f"{path}: there is another module called {file.stem}; rename the file")
    return module


def present(files: Sequence[str]) -> list[str]:
    """The files, without those that are gone from where a run found them but are named again at another place."""
    there = {Path(file).name for file in files if Path(file).is_file()}
    return [file for file in files if Path(file).is_file() or Path(file).name not in there]
