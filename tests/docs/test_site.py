"""The documentation site: what hangs where, links, docstrings; and, where Sphinx is installed, the whole of it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

SITE = ROOT / "docs/site"
FROM_OUTSIDE = re.compile(
    r"<(?:script|img|audio|iframe|source)[^>]+src=\"(?:https?:)?//|<link[^>]+href=\"(?:https?:)?//"
)


@pytest.fixture
def module(monkeypatch):
    """A module of the site's folder by its name, as the site's own program imports it."""
    monkeypatch.syspath_prepend(str(SITE))
    yield importlib.import_module
    for name in ("navigation", "sources", "docstrings"):
        sys.modules.pop(name, None)


def test_pages_that_come_and_go_break_nothing(module):
    navigation = module("navigation")
    found = navigation.sections(["index", "docs/guide", "docs/streaming", "docs/new_page", "docs/results/demo"])
    assert found == {"Start": ["docs/guide"], "Use": ["docs/streaming"], navigation.MORE: ["docs/new_page"]}


def test_every_page_of_today_has_its_place(module):
    pages = [p.relative_to(ROOT).with_suffix("").as_posix() for p in module("sources").page_files()]
    assert module("navigation").MORE not in module("navigation").sections(
        [re.sub("README$", "index", page) for page in pages]
    )


def test_links_lead_to_pages_and_the_rest_to_the_repository(module):
    sources = module("sources")
    pages = {file: sources._place(file.relative_to(ROOT)) for file in sources.page_files()}

    def led(text, page="docs/guide.md"):
        return sources.with_links(text, ROOT / page, pages)

    assert led("[x](data.md#check)") == "[x](/docs/data.md#check)"
    assert led("[x](../README.md)") == "[x](/index.md)"
    assert led("[x](how_to/README.md)") == "[x](/docs/how_to/index.md)"
    assert led("[x](docs/results)", "README.md") == "[x](/docs/results/index.md)"
    assert led("[x](../pyproject.toml)") == f"[x]({sources.REPOSITORY}/pyproject.toml)"
    assert led("![x](pictures/site.png)") == "![x](pictures/site.png)"
    assert led("[x](https://a.org/b.md) [y](#z)") == "[x](https://a.org/b.md) [y](#z)"
    assert led("```\n[x](data.md)\n```") == "```\n[x](data.md)\n```"


def test_docstrings_become_restructured_text(module):
    as_rest = module("docstrings").as_rest
    lines = ["Sum of `x` and `Gain`, a_ * |b|.", "", "Source: somebody,", "    section 2.", "", ">>> x_ * 1", "`2`"]
    assert as_rest(lines, {"Gain": "room.gain.Gain"}.get) == [
        "Sum of ``x`` and :py:obj:`Gain <room.gain.Gain>`, a\\_ \\* \\|b\\|.",
        "",
        "Source: somebody, section 2.",
        "",
        ">>> x_ * 1",
        "`2`",
    ]


@pytest.mark.slow
def test_the_site_is_built_whole_and_needs_nothing_from_outside(tmp_path):
    for package in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(package)
    command = [sys.executable, str(SITE / "build.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    html = tmp_path / "html"
    pages = {p.relative_to(html).as_posix(): p.read_text(encoding="utf-8") for p in html.rglob("*.html")}
    wanted = ["index", "gallery", "CHANGELOG", "docs/how_to/add_encoder", "docs/results/demo", "reference/command_line"]
    assert {f"{name}.html" for name in wanted} <= set(pages)
    assert not [name for name, text in pages.items() if FROM_OUTSIDE.search(text)]
    assert 'id="lightning_sepcl.augment.gain.Gain"' in pages["reference/lightning_sepcl.augment.html"]
    assert "--checkpoint" in pages["reference/command_line.html"]
    assert pages["gallery.html"].count("<audio") == pages["gallery.html"].count("data:image/png") > 15
    assert (html / "searchindex.js").stat().st_size > 10_000
