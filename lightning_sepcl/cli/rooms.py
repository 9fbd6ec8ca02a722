"""`sepcl rooms`: the simulator's own command line, so that a table's stages can write corpora."""

from __future__ import annotations

from pathlib import Path

from data_sim.command_line import main
from lightning_sepcl.shipped import NAME, here_or_shipped


def run(args: list[str]) -> int:
    """The same as `python -m data_sim`: render, preview, inspect; knows the descriptions that came with the package."""
    return main([str(here_or_shipped(Path(word))) if word.startswith(f"{NAME}/") else word for word in args])
