"""An export as a whole: files written aside, compared with the checkpoint, and put in place only if they agree."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning_sepcl.deploy.agreement import SEED, TOLERANCE, Case, Outputs, agreement, refuse_disagreement
from lightning_sepcl.deploy.targets import Target, output_names
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError
from lightning_sepcl.whole_file import whole_text

RECORD, CARD = "export.json", "README.md"

Cases = Mapping[str, Sequence[Case]]
"""Comparisons by target."""


def export(
    model: WaveModel,
    reference: Outputs,
    targets: Sequence[Target],
    out: Path,
    facts: Mapping[str, Any],
    card: Callable[[Cases], str],
) -> dict[str, list[Case]]:
    """Write a model to every target, its card and the record of the export; all of it or nothing.

    Args:
        model: what is exported.
        reference: what the exported files must agree with.
        targets: where to.
        out: folder; an earlier export there is replaced.
        facts: what else the record holds.
        card: makes the card of the comparisons.

    Raises:
        UserError: the folder holds other things, a target cannot hold the model, or its file disagrees.
    """
    before = _files_before(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    cases: dict[str, list[Case]] = {}
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as name:
        aside = Path(name)
        for target in targets:
            target.write(aside, model)
            cases[target.name] = _compared(model, reference, target, aside)
        files = [*dict.fromkeys(file for target in targets for file in target.files), CARD, RECORD]
        whole_text(aside / CARD, card(cases))
        whole_text(aside / RECORD, _record(model, cases, files, facts))
        out.mkdir(exist_ok=True)
        for file in before:
            (out / file).unlink(missing_ok=True)
        for file in files:
            shutil.move(aside / file, out / file)
    return cases


def _compared(model: WaveModel, reference: Outputs, target: Target, folder: Path) -> list[Case]:
    cases = agreement(reference, target.read(folder, model), output_names(model), model)
    refuse_disagreement(cases, target.name)
    return cases


def _files_before(out: Path) -> list[str]:
    """Files of an earlier export.

    Raises:
        UserError: the folder is somebody else's.
    """
    if out.is_file():
        raise UserError(f"--out {out} is a file: name a folder")
    if not out.is_dir() or not any(out.iterdir()):
        return []
    try:
        files = json.loads((out / RECORD).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        raise UserError(f"--out {out} holds other files, which an export could overwrite: name a new folder") from None
    return [str(file) for file in files if Path(file).name == file]


def _record(model: WaveModel, cases: Cases, files: Sequence[str], facts: Mapping[str, Any]) -> str:
    told = {
        "kind": model.kind,
        "files": list(files),
        **facts,
        "tolerance": TOLERANCE,
        "seed": SEED,
        "agreement": {name: [asdict(case) for case in own] for name, own in cases.items()},
    }
    return f"{json.dumps(told, indent=1)}\n"
