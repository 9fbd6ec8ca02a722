"""Experiment files with mistakes: values, names, indentation and bytes that are not what they should be."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_training import LAST, POISONED, Training
from lightning_sepcl.torture.mutation import mutated
from lightning_sepcl.torture.not_a_number import is_finite

VALUES = (
    "null", "true", "''", "[]", "{}", "-1", "0", "1", "0.5", ".nan", ".inf", "-.inf", "1e-300", "abc", "'3'", "[1, 2]",
    "{a: 1}", "SimCLR", "!!python/object/apply:os.system ['true']",
    "*unknown", "&a [*a]", "${data}", '"\\0"', "2020-01-01",
)  # fmt: skip
"""What people and programs write where something else is meant; none that would take long."""


class FuzzedExperiment(Fault):
    """The tiny training with one to three mistakes, run for a step if it is understood."""

    kind = "fuzzed-experiment"
    title = "Mutated experiment files"
    promised = "run, or refused with a sentence; never a traceback, a hang, or weights that are no numbers"
    share = 25

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Mutate, run, look at the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        job = Training()
        self.site.reference(job)  # which has built the cache
        text = (self.site.shared(job) / "tiny.yaml").read_text()
        (folder / "poisoned.py").write_text(POISONED)
        (folder / "wrong.yaml").write_bytes(_with_mistakes(text, dice))
        short = ["--trainer.max_steps", "1", "--trainer.limit_val_batches", "1"]
        cache = ["--data.cache_dir", f"{self.site.shared(job)}/cache"]
        ended = self.site.sepcl(["fit", "--config", "wrong.yaml", "--run", "run", *short, *cache], folder)
        wrong = (folder / "wrong.yaml").read_text(errors="replace")
        promise(ended.code in (0, 2) and not ended.stumbled, f"{ended}\n--- the file:\n{wrong}")
        promise(ended.code == 0 or ended.refused, f"refused without a sentence: {ended}\n--- the file:\n{wrong}")
        last = folder / LAST
        promise(not last.exists() or is_finite(last), f"weights that are no numbers, silently\n--- the file:\n{wrong}")
        shutil.rmtree(folder / "run", ignore_errors=True)
        return Kept(refused=ended.code != 0, read=ended.code == 0)


def _with_mistakes(text: str, dice: random.Random) -> bytes:
    lines = text.splitlines()
    for _ in range(dice.randint(1, 3)):
        lines = _mistaken(lines, dice)
    data = "\n".join(lines).encode()
    return mutated(data, dice) if dice.random() < 0.2 else data


def _mistaken(lines: list[str], dice: random.Random) -> list[str]:
    place = dice.randrange(len(lines))
    line = lines[place]
    before, after = lines[:place], lines[place + 1 :]
    match dice.choice(("value", "value", "value", "name", "indent", "drop", "double", "swap", "item")):
        case "value" if ":" in line:
            return [*before, f"{line.partition(':')[0]}: {dice.choice(VALUES)}", *after]
        case "item" if "{" in line:
            key = dice.choice(
                [part.split(":")[0] for part in line.partition("{")[2].split(",") if ":" in part] or ["a"]
            )
            return [*before, _with_value(line, key.strip(), dice.choice(VALUES)), *after]
        case "name" if line.strip():
            at = dice.randrange(len(line))
            return [*before, line[:at] + dice.choice("abcxyz_-: ") + line[at + 1 :], *after]
        case "indent":
            return [*before, " " * dice.randint(1, 3) + line, *after]
        case "drop":
            return [*before, *after] or ["a: 1"]
        case "double":
            return [*before, line, line, *after]
        case _:
            return [*before, *reversed(lines[place : place + 2]), *lines[place + 2 :]]


def _with_value(line: str, key: str, value: str) -> str:
    """With another value for a key of a mapping in braces."""
    head, _, rest = line.partition(f"{key}:")
    end = min((rest.index(mark) for mark in ",}]" if mark in rest), default=len(rest))
    return f"{head}{key}: {value}{rest[end:]}"
