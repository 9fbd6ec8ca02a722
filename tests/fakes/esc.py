"""A tiny ESC-50: genuine layout and columns, tones for sounds."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.fakes.tone import write_tone

CLASSES = {"dog": 0, "rooster": 1, "rain": 10, "car_horn": 43}
ESC10 = ("dog", "rooster", "rain")
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")


def write_esc(root: Path, clips_per_class_and_fold: int = 1, seconds: float = 0.2, ending: str = "wav") -> Path:
    """Five folds of four classes; the tone's frequency tells the clip's number."""
    (root / "meta").mkdir(parents=True, exist_ok=True)
    lines = []
    for fold in range(1, 6):
        for category, target in CLASSES.items():
            for take in range(clips_per_class_and_fold):
                source = 1000 + len(lines)
                name = f"{fold}-{source}-{'ABCDEFGH'[take % 8]}-{target}.{ending}"
                write_tone(root / "audio" / name, hz=200 + 10 * len(lines), seconds=seconds)
                lines.append((name, fold, target, category, category in ESC10, source, "ABCDEFGH"[take % 8]))
    with (root / "meta" / "esc50.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return root
