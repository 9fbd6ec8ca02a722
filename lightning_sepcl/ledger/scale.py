"""How big: a scale's file behind the files of an experiment, and the sentence about it on the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.placeholders import SCALE
from lightning_sepcl.ledger.table import Table
from lightning_sepcl.shipped import here_or_shipped, matching

SCALES = Path("experiments/scales")
AS_PUBLISHED = "paper"
"""Experiments are written at the paper's size: this scale needs no file."""

SENTENCES = {
    "smoke": "a few steps, to see that everything runs; the figures mean nothing",
    "mini": "processor cores and minutes a row; not the paper's data or size",
    "gpu": "the experiments as they stand, on one graphics card in bf16",
    AS_PUBLISHED: "as published",
}


def files_at(experiment: Sequence[Path], scale: str, where: str) -> list[Path]:
    """The files of an experiment at a scale: `{scale}` in their names is filled in, else the scale's file follows.

    Raises:
        LedgerError: no such scale, or an experiment that asks for one where none is given.
    """
    if any(SCALE in str(path) for path in experiment):
        return [_filled(path, scale, where) for path in experiment]
    return [*experiment, *([_common(scale)] if scale and (scale != AS_PUBLISHED or _is_there(_path(scale))) else [])]


def check_scale(scale: str, table: Table) -> None:
    """Refuses a scale that has no file, no sentence in the table, and no experiment of the table named after it."""
    if not scale or scale == AS_PUBLISHED or scale in table.scales or _is_there(_path(scale)):
        return
    asked = [path for run in table.runs() for path in run.experiment if SCALE in str(path)]
    if not any(_is_there(Path(str(path).replace(SCALE, scale))) for path in asked):
        raise unknown_name(scale, known_scales(table), f"no scale file {_path(scale)}")


def known_scales(table: Table) -> list[str]:
    """Names that may stand behind `--scale`."""
    return sorted({*table.scales, AS_PUBLISHED, *_stems()} - {""})


def sentence_about(table: Table, scale: str) -> str:
    """What the page says about a scale."""
    return table.scales.get(scale, SENTENCES.get(scale, "not the paper's size"))


def _filled(path: Path, scale: str, where: str) -> Path:
    if SCALE not in str(path):
        return path
    if not scale:
        raise LedgerError(f"{where}: {path} asks for a scale, add `--scale mini` or `scale: mini` to the table")
    filled = Path(str(path).replace(SCALE, scale))
    if not _is_there(filled):
        raise LedgerError(f"{where}: no file {filled} for the scale {scale}")
    return filled


def _common(scale: str) -> Path:
    if not _is_there(_path(scale)):
        raise unknown_name(scale, _stems(), f"no scale file {_path(scale)}")
    return _path(scale)


def _is_there(path: Path) -> bool:
    return here_or_shipped(path).is_file()


def _stems() -> list[str]:
    return [path.stem for path in matching(SCALES, "*.yaml")]


def _path(scale: str) -> Path:
    return SCALES / f"{scale}.yaml"
