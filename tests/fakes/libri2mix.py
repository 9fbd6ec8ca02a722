"""A tiny Libri2Mix: genuine layout, names and CSV columns, with the paths of another machine; tones for voices."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.fakes.mixture import write_mixture

KINDS = {"mix_clean": ("s1", "s2"), "mix_both": ("s1", "s2", "noise"), "mix_single": ("s1", "noise")}


def write_libri2mix(
    root: Path,
    kinds: tuple[str, ...] = ("mix_clean",),
    parts: tuple[str, ...] = ("train-100", "dev", "test"),
    version: str = "wav16k/min",
    mixtures: int = 3,
) -> Path:
    """Every kind is written from the same sources."""
    rate = 8000 if version.startswith("wav8k") else 16000
    for number, part in enumerate(parts):
        for kind in kinds:
            sources, lines = KINDS[kind], []
            for i in range(mixtures):
                name = f"{100 + number}-1-{i:04d}_{200 + number}-2-{i:04d}"
                files = [root / version / part / folder / f"{name}.wav" for folder in (kind, *sources)]
                write_mixture(files[0], files[1:], hz=200 + 10 * i, seconds=0.1 + 0.05 * i, sample_rate=rate)
                elsewhere = [f"/data/{file.relative_to(root)}" for file in files]
                lines.append([name, *elsewhere, round((0.1 + 0.05 * i) * rate)])
            columns = ["source_1_path", "source_2_path"][: 1 + ("s2" in sources)]
            columns += ["noise_path"] * ("noise" in sources)
            table = root / version / "metadata" / f"mixture_{part}_{kind}.csv"
            table.parent.mkdir(parents=True, exist_ok=True)
            with table.open("w", newline="") as file:
                csv.writer(file).writerows([["mixture_ID", "mixture_path", *columns, "length"], *lines])
    return root
