"""How all pictures of the report look: colours, type, and the way from a matplotlib figure to SVG inside a page.

The page is read in light and in dark. Text and axes are therefore drawn in a marker colour that becomes `currentColor`
in the SVG, and what is ours in one that becomes the page's accent.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

INK, ACCENT, MUTED = "#010203", "#010204", "#8b929c"
"""Text and axes; what is ours; baselines and everything in the background."""

CLASS_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#f0e442", INK)
"""Distinct with every kind of colour vision. Source: Okabe and Ito 2008, black replaced by the ink of the page."""

CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HEAT = "magma"
"""Colour map of spectrograms: even steps to the eye, also in grey and for the colour-blind."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.grid": False,
    "grid.linewidth": 0.5,
    "grid.alpha": 0.18,
    "lines.linewidth": 1.6,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: small, searchable, in the fonts of the page
    "svg.hashsalt": "report",  # the same figure gives the same bytes
}
INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color")


@contextmanager
def style(ink: str = INK) -> Iterator[None]:
    """Within it, figures are made in the look of the report; `ink` for pictures that are not for its page."""
    with mpl.rc_context(STYLE | dict.fromkeys(INKED, ink)):
        yield


def svg(figure: Figure, name: str, description: str) -> str:
    """A figure as an SVG element to stand inside an HTML page.

    Args:
        figure: made within `style()`.
        name: keeps its ids apart from those of the page's other pictures.
        description: for those who do not see it.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace('id="', f'id="{name}-').replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    text = text.replace(INK, "currentColor").replace(ACCENT, "var(--accent)")
    label = description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
