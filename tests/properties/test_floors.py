"""The rooms of the package import only from floors below their own, as docs/architecture.md shows."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lightning_sepcl"


def rooms() -> set[str]:
    """Folders and files directly inside the package."""
    inside = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))}
    return inside - {"__init__", "__pycache__"}


def floors() -> dict[str, int]:
    """Room -> floor, read from the table of the architecture page."""
    rows = re.findall(r"^\| (\d) \| (.+) \|$", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    return {name: int(floor) for floor, text in rows for name in re.findall(r"`(\w+)`", text) if name in rooms()}


def imports(file: Path) -> set[str]:
    """Rooms whose modules a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.split(".")[1] for name in names if name.startswith("lightning_sepcl.")}
    return found


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


def test_no_file_has_a_name_that_says_nothing():
    names = {p.stem for p in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "util", "misc", "helpers", "common"}
