"""The pages of the documentation that people write, and the blocks of code in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md",
         *sorted(p for p in (ROOT / "docs").rglob("*.md") if "results" not in p.parts)]  # fmt: skip
HOW_TO = ROOT / "docs/how_to"
QUICK = ("encoder", "method", "data_set", "room_engine")
"""The how-to pages that the default tests carry out; the other pages' commands are parsed, and run by slow tests."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w./]+\.(?:py|yaml|toml))\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line it begins at, its language, its text."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def name(self):
        """Page and line, as editors understand them."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def file(self):
        """The file name that the first line gives, if it does."""
        found = FILE_NAME.match(self.text)
        return found[1] if found else None


def blocks_of(page, *languages):
    """The blocks of a page in these languages, or all."""
    text = page.read_text(encoding="utf-8")
    found = (Block(page, text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in FENCE.finditer(text))
    return [block for block in found if not languages or block.language in languages]


def all_blocks(*languages):
    """Those of every page."""
    return [block for page in PAGES for block in blocks_of(page, *languages)]


def commands_of(block):
    """The commands of a shell block as words: comments gone, lines joined, variables that the block sets filled in."""
    found, variables = [], {}
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        for name, value in variables.items():
            words = [word.replace(f"${name}", value) for word in words]
        if words:
            found.append(words)
    return found


def write_files(page, folder):
    """The files that a page shows, written to a folder; their names."""
    files = {block.file: block.text for block in blocks_of(page) if block.file and "/" not in block.file}
    for name, text in files.items():
        (folder / name).write_text(text)
    return list(files)
