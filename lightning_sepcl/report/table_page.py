"""The page of a paper's table for a browser, in one file with nothing from outside, and beside it in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from os.path import relpath

from matplotlib.figure import Figure

from lightning_sepcl.ledger.cells import load_records
from lightning_sepcl.ledger.comparison import compared
from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph, Picture
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.page import page
from lightning_sepcl.ledger.places import Places
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Table
from lightning_sepcl.report.drawing import svg
from lightning_sepcl.report.html import document, figure, folded, preformatted
from lightning_sepcl.report.learning_figure import learning_figure
from lightning_sepcl.report.pair_figure import pair_figure
from lightning_sepcl.report.table_curves import curves_of_table
from lightning_sepcl.report.table_figure import picture, table_figure
from lightning_sepcl.whole_file import whole_text


def write_table(table: Table, places: Places, scale: str = "") -> None:
    """Writes the page of a table in Markdown with its picture, and the same for a browser.

    Raises:
        LedgerError: a record is broken.
    """
    records = load_records(table, places.records)
    blocks = page(table, records, scale)
    drawn = _drawn(table, records)
    if drawn:
        whole_text(places.picture, picture(drawn))
    address = relpath(places.picture, places.page.parent) if drawn else ""
    whole_text(places.page, markdown(blocks, address))
    inline = svg(drawn, "table", f"{table.title}: our figures") if drawn else ""
    whole_text(places.html, html_page(blocks, inline))


def _drawn(table: Table, records: Mapping[str, RunRecord]) -> Figure | None:
    """The picture that suits the table."""
    if table.pairs:
        return pair_figure(table, records)
    if table.learning_curve:
        return learning_figure(table, records)
    rows = compared(table, records)
    return table_figure(rows) if table.curves is None else curves_of_table(table.curves, rows)


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
