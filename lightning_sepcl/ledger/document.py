"""A page as a list of blocks, so that Markdown and HTML say the same. Texts may hold `code`, **bold** and *italic*."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title of the page."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `aside` sets it apart from the others."""

    text: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first column left, the others right aligned, or all left where they hold words."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Text as it is; with a `title` it is folded away under it."""

    text: str
    language: str = "text"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the picture of the table's figures stands; `alt` for those who do not see it."""

    alt: str


Block = Heading | Paragraph | Items | Grid | Code | Picture
