"""What stands where in the sidebar of the site. A page that is not named here, or not there yet, breaks nothing.

Pages are named by their path in the staged sources, without the suffix. A named page that does not exist is left out;
a page of `docs/` that no section names is listed in the section `MORE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MORE = "More"
SECTIONS: dict[str, tuple[str, ...]] = {
    "Start": ("docs/own_recordings", "docs/guide", "docs/plugins_tutorial", "docs/how_to/index"),
    "Train": ("docs/data", "docs/augmentations", "gallery", "docs/logging", "docs/sweeps", "docs/scale"),
    "Judge": ("docs/evaluation", "docs/reproduce", "docs/reliability", "docs/speed"),
    "Use": ("docs/explore", "docs/separate", "docs/streaming", "docs/export", "docs/hear", "docs/data_sim"),
    "Papers": ("docs/scenes", "docs/clar", "docs/spatial", "docs/conditioned", "docs/results/index"),
    "Reference": ("reference/command_line", "reference/index"),
    "Project": ("docs/architecture", "docs/dependencies", "CONTRIBUTING", "CHANGELOG"),
}
TITLES = {
    "docs/plugins_tutorial": "Classes of your own",
    "docs/clar": "CLAR",
    "docs/spatial": "MC-SimCLR: spatial audio",
    "docs/conditioned": "Conditioned separation",
    "docs/hear": "HEAR interface",
    "docs/dependencies": "Dependencies",
}
"""Where the sidebar has less room than the page's own title needs."""
RESULTS_OF = {"docs/clar": "clar-", "docs/spatial": "mc_simclr-", "docs/conditioned": "conditioned-"}
"""Papers whose results pages, by how their names begin, are listed at the end of the paper's page."""
CHILDREN = ("docs/how_to/", "docs/results/", "reference/")
"""Folders whose pages hang below the folder's own index, not in the sidebar's top level."""


def sections(pages: Iterable[str]) -> dict[str, list[str]]:
    """Heading -> pages, of those that exist; every page but the front page and the children of an index is in one."""
    there = {page for page in pages if page != "index"}
    named = {page for section in SECTIONS.values() for page in section}
    found = {name: [page for page in section if page in there] for name, section in SECTIONS.items()}
    found[MORE] = sorted(page for page in there - named if not page.startswith(CHILDREN))
    return {name: section for name, section in found.items() if section}


def toctree(pages: Iterable[str], caption: str = "", hidden: bool = True) -> str:
    """A MyST directive that hangs `pages` below the page it stands in."""
    options = [*([f":caption: {caption}"] if caption else []), *([":hidden:"] if hidden else []), ":maxdepth: 1"]
    return "\n".join(["```{toctree}", *options, "", *map(_entry, pages), "```", ""])


def _entry(page: str) -> str:
    title = TITLES.get(page) or re.sub(r"^reference/lightning_sepcl\.", "", page)
    return f"/{page}" if title == page else f"{title} </{page}>"
