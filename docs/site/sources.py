"""Gathers the sources of the site: the repository's Markdown, as it is, and the pages that are generated.

Pages keep their places (`docs/guide.md` stays there), so that links lead where they lead on a code host. Only two
things change: README.md is its folder's index, and a link to a file that is no page leads to the repository.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from navigation import RESULTS_OF, sections, toctree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPOSITORY = "https://github.com/lightning-sepcl/lightning_sepcl/blob/main"
PICTURES = (".png", ".svg", ".jpg")
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def page_files() -> list[Path]:
    """The Markdown files of the repository that are pages of the site."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return top + [file for file in _below_docs() if file.suffix == ".md"]


def stage(target: Path) -> list[str]:
    """Write the repository's pages and their pictures below `target`; returns the pages, without suffix."""
    files = page_files()
    pages = {file: _place(file.relative_to(ROOT)) for file in files}
    for file, place in pages.items():
        _write(target / place, with_links(file.read_text(encoding="utf-8"), file, pages))
    for picture in (file for file in _below_docs() if file.suffix in PICTURES):
        copy = target / picture.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, copy)
    return [place.with_suffix("").as_posix() for place in pages.values()]


def with_links(text: str, file: Path, pages: dict[Path, Path]) -> str:
    """The page with its links as the site needs them; blocks of code stay as they are."""

    def led(link: re.Match[str]) -> str:
        target, anchor = (file.parent / link[1]).resolve(), link[2] or ""
        if target in pages:
            return f"/{pages[target].as_posix()}{anchor}"
        if target.is_dir() and any(place.parent == target.relative_to(ROOT) for place in pages.values()):
            return f"/{(target.relative_to(ROOT) / 'index.md').as_posix()}"
        if target.exists() and target.suffix not in PICTURES:
            return f"{REPOSITORY}/{target.relative_to(ROOT).as_posix()}{anchor}"
        return link[0]  # a picture beside the page, or nothing that exists: the build will say so

    parts = FENCE.split(text)
    return "".join(part if part.startswith("```") else LINK.sub(led, part) for part in parts)


def finish(target: Path, pages: Iterable[str]) -> None:
    """Hang all pages into the sidebar, and those of a folder below its index."""
    pages = list(pages)
    if any(page.startswith("docs/results/") for page in pages):
        pages.append("docs/results/index")
        below = _below("docs/results", pages)
        _write(target / "docs/results/index.md", f"# Results\n\n{RESULTS}\n\n{toctree(below, hidden=False)}")
    for paper, beginning in RESULTS_OF.items():
        _append(target / f"{paper}.md", _results_of(beginning, pages))
    how_to = target / "docs/how_to/index.md"
    if how_to.exists():
        _append(how_to, toctree(_below("docs/how_to", pages)))
    trees = [toctree(section, caption) for caption, section in sections(pages).items()]
    _append(target / "index.md", "\n".join(trees))


RESULTS = (
    "Generated from the records that runs leave, never typed: figures with their intervals over seeds beside the "
    "published ones, a verdict for each claim, and commit, data, machine and time of every run."
)


def _results_of(beginning: str, pages: Iterable[str]) -> str:
    """A section with links to the results pages whose names begin so; nothing where there are none."""
    found = [page for page in _below("docs/results", pages) if page.removeprefix("docs/results/").startswith(beginning)]
    return "\n".join(["## Pages of results", "", *(f"- [](/{page}.md)" for page in found)]) if found else ""


def _append(file: Path, text: str) -> None:
    if text and file.exists():
        _write(file, f"{file.read_text(encoding='utf-8')}\n{text}\n")


def _below_docs() -> list[Path]:
    """All files of `docs` but those of this folder."""
    return [file for file in sorted((ROOT / "docs").rglob("*")) if file.is_file() and HERE not in file.parents]


def _below(folder: str, pages: Iterable[str]) -> list[str]:
    return sorted(page for page in pages if page.startswith(f"{folder}/") and page != f"{folder}/index")


def _place(file: Path) -> Path:
    return file.with_name("index.md") if file.name == "README.md" else file


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
