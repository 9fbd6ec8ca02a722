"""A tiny FSDnoisy18k: genuine layout and columns, tones for sounds."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.fakes.tone import write_tone

MIDS = {"Clapping": "/m/0l15bq", "Rain": "/m/06mb1", "Wind": "/m/03m9d0z"}


def write_fsdnoisy18k(root: Path, clean: int = 2, noisy: int = 4, test: int = 1, seconds: float = 0.2) -> Path:
    """Three classes, each with so many clips checked by hand, unchecked and for testing; every other unchecked clip is
    one of the small noisy subset."""
    train, tested = [], []
    for number, (label, mid) in enumerate(MIDS.items()):
        for i in range(clean + noisy):
            is_noisy = i >= clean
            small = int(is_noisy and (i - clean) % 2 == 0)
            train.append((f"{1000 * (number + 1) + i}.wav", label, mid, int(not is_noisy), small))
        tested += [(f"{1000 * (number + 1) + 500 + i}.wav", label, mid) for i in range(test)]
    tables = {
        "train": [("fname", "label", "aso_id", "manually_verified", "noisy_small"), *train],
        "test": [("fname", "label", "aso_id"), *tested],
    }
    meta = root / "FSDnoisy18k.meta"
    meta.mkdir(parents=True, exist_ok=True)
    for part, lines in tables.items():
        with (meta / f"{part}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
        for number, line in enumerate(lines[1:]):
            name = str(line[0])
            write_tone(root / f"FSDnoisy18k.audio_{part}" / name, hz=200 + 20 * number, seconds=seconds)
    return root
