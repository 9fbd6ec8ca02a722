"""Builds the documentation site from the repository: `make docs`, or

    python docs/site/build.py [--out runs/site]

Writes OUT/html/index.html, which needs no network and no server. Broken links and references are errors.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from reference import command_line_page, gallery, room_page, rooms, rooms_index
from sources import finish, stage
from sphinx.cmd.build import build_main

HERE = Path(__file__).parent


def build(out: Path) -> int:
    """Stage the sources below `out`, build them; returns Sphinx's exit status."""
    source, html = out / "source", out / "html"
    for folder in (source, html):
        shutil.rmtree(folder, ignore_errors=True)
    pages = stage(source)
    found = rooms()
    generated = {"gallery": gallery(), "reference/command_line": command_line_page()}
    generated |= {"reference/index": rooms_index(found)}
    generated |= {f"reference/{room.__name__}": room_page(room) for room in found}
    for page, text in generated.items():
        file = source / f"{page}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    finish(source, [*pages, *generated])
    options = ["-q", "-b", "html", "-W", "--keep-going", "-c", str(HERE), "-d", str(out / "doctrees")]
    return build_main([*options, str(source), str(html)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument("--out", type=Path, default=Path("runs/site"), help="folder to write to (default: %(default)s)")
    place = parser.parse_args().out
    status = build(place.resolve())
    print(f"{place}/html/index.html" if status == 0 else "the site is not whole: see above", file=sys.stderr)
    sys.exit(status)
