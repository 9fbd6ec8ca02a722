"""Sphinx configuration of the documentation site; `docs/site/build.py` runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from docstrings import processor
from reference import exported, rooms

from lightning_sepcl import __version__

project = "lightning_sepcl"
release = version = __version__
copyright = "Apache-2.0"  # at the foot of the pages
root_doc = "index"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # a type by its bare name, of which two rooms have one
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_ivar = True  # attributes as a list, not an entry each
toc_object_entries_show_parents = "hide"
add_module_names = False
maximum_signature_line_length = 90

html_theme = "furo"
html_title = "lightning_sepcl"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}


def setup(app: Any) -> None:
    """Docstrings become reStructuredText before napoleon reads their sections."""
    names: dict[str, set[str]] = {}
    for thing in (thing for room in rooms() for thing in exported(room)):
        names.setdefault(thing.__name__, set()).add(f"{thing.__module__}.{thing.__qualname__}")
    unique = {name: next(iter(full)) for name, full in names.items() if len(full) == 1}
    app.connect("autodoc-process-docstring", processor(unique.get), priority=400)
