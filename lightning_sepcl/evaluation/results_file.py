"""Where figures and embeddings of an evaluation lie on disk: `results.json` and `embeddings.npz`."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.records import Result
from lightning_sepcl.whole_file import whole_file, whole_text


def write_results(path: Path, results: Sequence[Result]) -> None:
    """A JSON list with one object per result; NaN is written as null, since JSON knows no NaN."""
    rows = [
        {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in dataclasses.asdict(result).items()}
        for result in results
    ]
    text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    whole_text(path, text)


def read_results(path: Path) -> list[Result]:
    """What `write_results` wrote, with NaN where there is null."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [Result(**_null_as_nan(row)) for row in rows]


def _null_as_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in row.items()}


def write_embeddings(path: Path, sets: Mapping[str, EmbeddedSet], classes: Sequence[str] = ()) -> None:
    """An .npz with `keys`, `target`, `labelled`, `class_names` (if known) and `h:<representation>` for each set.

    All sets are of the same clips; nothing in it is pickled.
    """
    first = next(iter(sets.values()))
    arrays: dict[str, Any] = {
        "keys": np.array(first.keys, dtype=np.str_),
        "target": first.target.numpy(),
        "labelled": first.labelled.numpy(),
        "class_names": np.array(list(classes), dtype=np.str_),
    }
    arrays.update({f"h:{name}": clips.h.numpy() for name, clips in sets.items()})
    with whole_file(path) as file:
        np.savez(file, **arrays)
