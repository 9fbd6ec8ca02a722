"""The rooms of the package, and data_sim beside it, import only what docs/architecture.md says."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE, DATA_SIM = ROOT / "lightning_sepcl", ROOT / "data_sim"
PAGE = ROOT / "docs/architecture.md"


@functools.cache
def rooms() -> set[str]:
    """Folders and files directly inside the package."""
    inside = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))}
    return inside - {"__init__", "__pycache__"}


@functools.cache
def floors() -> dict[str, int]:
    """Room -> floor, read from the table of the architecture page."""
    rows = re.findall(r"^\| (\d) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return {name: int(floor) for floor, text in rows for name in re.findall(r"`(\w+)`", text) if name in rooms()}


def imports(file: Path) -> set[str]:
    """Rooms that a file imports, or modules of theirs, also inside functions."""
    return imported(file.read_text()) & rooms()


def imported(code: str) -> set[str]:
    """The part behind `lightning_sepcl.` of all that is imported of it."""
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: import the module by its whole name"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("lightning_sepcl.")}


def test_no_way_of_writing_an_import_is_missed():
    code = """
import lightning_sepcl.audio.mel
def late():
    from lightning_sepcl import report, __version__
    from lightning_sepcl.data.cache import cache_home
    import os, lightning_sepcl.cli as commands
"""
    assert imported(code) == {"audio", "report", "__version__", "data", "cli"}
    with pytest.raises(AssertionError, match="by its whole name"):
        imported("from ..report import page")


def test_every_room_has_a_floor():
    assert rooms() == set(floors())


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_room_imports_only_what_lies_below(file):
    room, floor = file.relative_to(PACKAGE).parts[0].removesuffix(".py"), floors()
    if room == "__init__":
        return
    for other in imports(file) - {room}:
        assert floor[other] < floor[room], (
            f"{file.name} of {room} (floor {floor[room]}) imports {other} ({floor[other]})"
        )


def test_data_sim_imports_of_the_package_what_the_page_says():
    (said,) = re.findall(r"Of the package it imports (.+?) alone\.", PAGE.read_text())
    assert set().union(*map(imports, DATA_SIM.rglob("*.py"))) == set(re.findall(r"`(\w+)`", said))


def test_no_file_has_a_name_that_says_nothing():
    names = {p.stem for p in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "util", "misc", "helpers", "common"}
