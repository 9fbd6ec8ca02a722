"""Where the runs, records, page and picture of a table lie; scales never share a folder or a page.

runs/tables/<table>[/<scale>]/<job>            a run; <scale> where the table is run at one
runs/tables/<table>[/<scale>]/page.html        the page for a browser
docs/results/<table>.md                        the page at the table's own scale
docs/results/<table>-<scale>.md                the page at any other scale
docs/results/records/<table>[/<scale>]/<job>.json
docs/results/pictures/<name of the page>.svg
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.ledger.table import Table

RUNS = Path("runs/tables")
PAGES = Path("docs/results")


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one table at one scale.

    Attributes:
        runs: folder of all tables' runs.
        own: folder of this table's runs at this scale.
        page: in Markdown, to be committed.
        records: folder of the records the page is made from, to be committed.
        picture: of the page, to be committed.
        html: the page for a browser, beside the runs.
    """

    runs: Path
    own: Path
    page: Path
    records: Path
    picture: Path
    html: Path


def places_of(table: Table, scale: str = "", runs: Path = RUNS, page: Path | None = None) -> Places:
    """Where everything of a table at a scale lies; `page` is elsewhere if given, records and picture follow it."""
    name = table.name if scale in ("", table.scale) else f"{table.name}-{scale}"
    page = page or PAGES / f"{name}.md"
    home = table.home or table.name  # of the runs and records
    own = runs / home / scale
    return Places(
        runs=runs,
        own=own,
        page=page,
        records=page.parent / "records" / home / scale,
        picture=page.parent / "pictures" / f"{page.stem}.svg",
        html=runs / table.name / scale / "page.html",
    )
