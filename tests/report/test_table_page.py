from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from lightning_sepcl.ledger.document import Code, Grid, Heading, Items, Paragraph, Picture
from lightning_sepcl.ledger.places import places_of
from lightning_sepcl.ledger.run_record import RunRecord, write_record
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.records import Result
from lightning_sepcl.report.table_page import html_page, write_table


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)


def test_blocks_become_elements_and_texts_are_escaped():
    blocks = [
        Heading("A & B", 1),
        Paragraph("**bold** `a_*b*` <script>", aside=True),
        Items(("one", "*two*")),
        Grid(("", "x"), (("row", "**0.5** (3)"),)),
        Code("a < b", "text", "Lines"),
        Picture("alt"),
    ]
    html = html_page(blocks, "<svg></svg>")
    found = Tags()
    found.feed(html)
    assert "script" not in found.tags
    assert {"h1", "code", "b", "i", "ul", "td", "details", "svg"} <= found.tags
    assert "<code>a_*b*</code>" in html
    assert "http" not in html


def test_a_table_is_written_with_its_picture_and_the_page_for_a_browser(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tables").mkdir()
    Path("tables/a.yaml").write_text("a: 1")
    path = Path("tables/tones.yaml")
    path.write_text(
        "{title: Tones, scale: mini, columns: {qbe: {}}, rows: {n: {experiment: a.yaml, paper: {qbe: 0.6}}},"
        " claims: {c: {says: above, test: n.qbe > 0.5}}}"
    )
    table = read_table(path)
    places = places_of(table, "mini")
    for seed in range(3):
        results = (Result("embedding", "qbe", 0.7 + 0.01 * seed, 0.3, 10, "as told", seed),)
        write_record(RunRecord("n", "complete", results=results), places.records / f"n-s{seed}.json")
    write_table(table, places, "mini")
    assert "](pictures/tones.svg)" in places.page.read_text()
    assert places.picture.exists()
    html = places.html.read_text()
    for said in ("Scale mini", "<b>confirmed</b>", "0.710 ± 0.025", "0.600", "<svg"):
        assert said in html
