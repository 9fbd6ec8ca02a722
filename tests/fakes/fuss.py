"""A tiny FUSS: genuine layout and lists, tones for sounds; example i of a part has 1 + i % 4 sources."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.mixture import write_mixture


def write_fuss(root: Path, examples: int = 4, version: str = "ssdata", seconds: float = 0.2) -> Path:
    for number, part in enumerate(("train", "validation", "eval")):
        lines = []
        for i in range(examples):
            folder = f"{part}/example{i:05d}_sources"
            names = [f"{folder}/background0_sound.wav"]
            names += [f"{folder}/foreground{k}_sound.wav" for k in range(i % 4)]
            mixture = f"{part}/example{i:05d}.wav"
            place = root / version
            write_mixture(place / mixture, [place / n for n in names], hz=200 + 40 * number + 10 * i, seconds=seconds)
            lines.append("\t".join([mixture, *names]))
        (root / version / f"{part}_example_list.txt").write_text("\n".join(lines) + "\n")
    return root
