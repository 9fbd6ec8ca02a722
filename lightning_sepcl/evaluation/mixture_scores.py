"""Scores mixture by mixture as a file of a run, so that two runs can be compared on the same mixtures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_text

FILE = "mixtures.csv"


@dataclass(frozen=True, slots=True)
class MixtureScore:
    """How well one mixture was separated.

    Attributes:
        split: `val` or `test`.
        mixture: its key.
        what: name of what separated it.
        si_sdri: dB, the mean over its sounding sources.
    """

    split: str
    mixture: str
    what: str
    si_sdri: float


COLUMNS = tuple(field.name for field in fields(MixtureScore))


def write_mixture_scores(path: Path, scores: Iterable[MixtureScore]) -> None:
    """A CSV with a line per mixture, written whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*astuple(score)[:-1], f"{score.si_sdri:.4f}") for score in scores)
    whole_text(path, text.getvalue())


def read_mixture_scores(path: Path) -> list[MixtureScore]:
    """What `write_mixture_scores` wrote.

    Raises:
        UserError: no such file, or another table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise UserError(f"{path} should have the columns {', '.join(COLUMNS)}: run `sepcl test` again")
            return [MixtureScore(r["split"], r["mixture"], r["what"], float(r["si_sdri"])) for r in reader]
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path} ({error}): run `sepcl test` on the run") from error
