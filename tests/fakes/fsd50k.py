"""A tiny FSD50K: genuine layout and columns, tones for sounds."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.fakes.tone import write_tone

DEV = {
    "64760": ("Electric_guitar,Guitar,Music", "/m/02sgy,/m/0342h,/m/04rlf", "train"),
    "21914": ("Crushing", "/m/07plct2", "val"),
    "10031": ("Bark,Dog", "/m/05tny_,/m/0bt9lr", "train"),
}
EVAL = {"99": ("Bird,Wild_animals", "/m/015p6,/m/01280g"), "1088": ("Speech,Human_voice", "/m/09x0r,/m/09l8g")}
VOCABULARY = ((53, "Crushing", "/m/07plct2"), (69, "Electric_guitar", "/m/02sgy"))


def write_fsd50k(root: Path, ending: str = "wav", seconds: float = 0.2) -> Path:
    """Three development clips and two of the evaluation part."""
    truth = root / "FSD50K.ground_truth"
    truth.mkdir(parents=True, exist_ok=True)
    tables = {
        "dev": [("fname", "labels", "mids", "split"), *((name, *line) for name, line in DEV.items())],
        "eval": [("fname", "labels", "mids"), *((name, *line) for name, line in EVAL.items())],
        "vocabulary": VOCABULARY,
    }
    for name, lines in tables.items():
        with (truth / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    for number, name in enumerate(DEV):
        write_tone(root / "FSD50K.dev_audio" / f"{name}.{ending}", hz=200 + 50 * number, seconds=seconds)
    for number, name in enumerate(EVAL):
        write_tone(root / "FSD50K.eval_audio" / f"{name}.{ending}", hz=400 + 50 * number, seconds=seconds)
    return root
