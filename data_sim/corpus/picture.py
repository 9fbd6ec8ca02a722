"""Pictures by matplotlib, which is asked for only when one is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_file

DOTS_PER_INCH = 120


def new_figure(width: float, height: float, what: str) -> Any:
    """An empty matplotlib figure, in inches.

    Raises:
        UserError: matplotlib is missing; the sentence begins with `what`.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(f"{what} need matplotlib, which is not here: pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path) -> None:
    """Writes a PNG, SVG or PDF file, as the name ends; it is whole or not there.

    Raises:
        UserError: another ending, or a place that cannot be written to.
    """
    try:
        with whole_file(path) as file:
            figure.savefig(file, dpi=DOTS_PER_INCH, format=path.suffix[1:] or "png")
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be written: {error}") from error
