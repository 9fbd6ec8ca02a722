"""A page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph, Picture


def markdown(blocks: Iterable[Block], picture: str = "") -> str:
    """The blocks as Markdown; `picture` is the address of the picture, without one it is left out."""
    return "\n\n".join(text for text in (_block(block, picture) for block in blocks) if text) + "\n"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], words: bool = False) -> str:
    """A table in Markdown: the first column left, the others right aligned, or all left where they hold words."""
    marks = ["---"] + ["---" if words else "---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(_escaped(c) for c in row) + " |" for row in [head, marks, *rows])


def _block(block: Block, picture: str) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Paragraph(text, aside):
            return f"> {text}" if aside and text else text
        case Items(items):
            return "\n".join(f"- {item}" for item in items)
        case Grid(head, rows, words):
            return markdown_table(head, rows, words) if rows else ""
        case Code(text, language, title):
            fenced = f"```{language}\n{text.replace('```', '')}\n```"
            return f"<details><summary>{title}</summary>\n\n{fenced}\n\n</details>" if title else fenced
        case Picture(alt):
            return f"![{alt}]({picture})" if picture else ""


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
