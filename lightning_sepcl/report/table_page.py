"""The page of a paper's table for a browser, in one file with nothing from outside, and beside it in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from os.path import relpath

from lightning_sepcl.ledger.cells import load_records
from lightning_sepcl.ledger.comparison import compared
from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph, Picture
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.page import page
from lightning_sepcl.ledger.places import Places
from lightning_sepcl.ledger.table import Table
from lightning_sepcl.report.drawing import svg
from lightning_sepcl.report.html import document, figure, folded, preformatted
from lightning_sepcl.report.table_curves import curves_of_table
from lightning_sepcl.report.table_figure import picture, table_figure


def write_table(table: Table, places: Places, scale: str = "") -> None:
    """Writes the page of a table in Markdown with its picture, and the same for a browser.

    Raises:
        LedgerError: a record is broken.
    """
    records = load_records(table, places.records)
    blocks = page(table, records, scale)
    rows = compared(table, records)
    drawn = table_figure(rows) if table.curves is None else curves_of_table(table.curves, rows)
    for path in (places.page, places.html, *([places.picture] if drawn else [])):
        path.parent.mkdir(parents=True, exist_ok=True)
    if drawn:
        places.picture.write_text(picture(drawn), encoding="utf-8")
    address = relpath(places.picture, places.page.parent) if drawn else ""
    places.page.write_text(markdown(blocks, address), encoding="utf-8")
    inline = svg(drawn, "table", f"{table.title}: our figures") if drawn else ""
    places.html.write_text(html_page(blocks, inline), encoding="utf-8")


def html_page(blocks: Sequence[Block], picture: str = "") -> str:
    """The blocks as a whole page; `picture` is an SVG element."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return document(title, (_block(block, picture) for block in blocks))


def _block(block: Block, picture: str) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_inline(text)}</h{level}>"
        case Paragraph(text, aside):
            return f'<div class="note">{_inline(text)}</div>' if aside else f"<p>{_inline(text)}</p>"
        case Items(items):
            return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>" if items else ""
        case Grid(head, rows, words):
            return _table(head, rows, words) if rows else ""
        case Code(text, _, title):
            return folded(title, preformatted(text)) if title else preformatted(text)
        case Picture():
            return figure(picture) if picture else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: bool) -> str:
    top = "".join(f"<th>{_inline(cell)}</th>" for cell in head)
    whole = "" if words else ' style="white-space: nowrap"'
    body = "".join(f"<tr>{''.join(f'<td{whole}>{_inline(cell)}</td>' for cell in row)}</tr>" for row in rows)
    kind = ' class="words"' if words else ""
    return f'<div class="wide"><table{kind}><tr>{top}</tr>{body}</table></div>'


def _inline(text: str) -> str:
    """Escaped, with `code`, **bold** and *italic*; nothing within `code` is read as the others."""
    parts = re.split(r"`([^`]*)`", text)
    return "".join(f"<code>{escape(p)}</code>" if i % 2 else _emphasised(escape(p)) for i, p in enumerate(parts))


def _emphasised(text: str) -> str:
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    return re.sub(r"\*(\S.*?)\*", r"<i>\1</i>", bold)
