"""Makes reStructuredText of the suite's docstrings, which are plain text with `code` in single backticks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

CODE = re.compile(r"`([^`]+)`")
SPECIAL = re.compile(r"[\\*|]|(?<=\w)_(?=\W|$)")
PARAGRAPH = re.compile(r"^(Source|Differs|Redrawn): ")


def as_rest(lines: list[str], reference: Callable[[str], str | None]) -> list[str]:
    """The lines of a docstring as reStructuredText.

    Args:
        lines: of the docstring, without its indentation.
        reference: full name of a documented class or function, by the name one writes; None where there is none.
    """
    return _each_part(_paragraphs_joined(lines), lambda text: _escaped(text, reference))


def processor(reference: Callable[[str], str | None]) -> Callable[..., None]:
    """A listener for `autodoc-process-docstring`."""

    def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
        lines[:] = as_rest(lines, reference)

    return process


def _paragraphs_joined(lines: list[str]) -> list[str]:
    """`Source: ...` on one line, its continuation lines appended; indented ones would read as a definition."""
    joined: list[str] = []
    inside = False
    for line in lines:
        if inside and line.strip():
            joined[-1] += " " + line.strip()
            continue
        inside = bool(PARAGRAPH.match(line))
        joined.append(line)
    return joined


def _each_part(lines: list[str], change: Callable[[str], str]) -> list[str]:
    """`change` applied to the text between doctests, which stay as they are."""
    out: list[str] = []
    text: list[str] = []
    doctest = False
    for line in lines:
        doctest = bool(line.strip()) and (doctest or line.lstrip().startswith(">>>"))
        if doctest and text:
            out += change("\n".join(text)).split("\n")
            text = []
        (out if doctest else text).append(line)
    return out + (change("\n".join(text)).split("\n") if text else [])


def _escaped(text: str, reference: Callable[[str], str | None]) -> str:
    parts = CODE.split(text)  # prose and code in turn
    return "".join(_code(part, reference) if i % 2 else SPECIAL.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


def _code(text: str, reference: Callable[[str], str | None]) -> str:
    full = reference(text)
    return f":py:obj:`{text} <{full}>`" if full else f"``{text.strip()}``"
