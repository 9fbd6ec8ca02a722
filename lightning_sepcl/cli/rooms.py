"""`sepcl rooms`: the simulator's own command line, so that a table's stages can write corpora."""

from __future__ import annotations

from data_sim.command_line import main


def run(args: list[str]) -> int:
    """The same as `python -m data_sim`: render, preview, inspect."""
    return main(args)
