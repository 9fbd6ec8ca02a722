"""One run of a sweep on disk: what was drawn for it, how it ended, and the figure it is judged by."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.curves import Curve, read_curves
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, read_json, read_record
from lightning_sepcl.sweep.sweep_file import Sweep
from lightning_sepcl.whole_file import whole_text

DRAW_FILE = "draw.json"
Ending = Literal["", "finished", "stopped", "failed"]
"""How a run ended; empty for one that was begun and not ended, `stopped` for one that was ended early."""
ENDED_WELL = ("finished", "stopped")


@dataclass(slots=True)
class Trial:
    """A run of a sweep.

    Attributes:
        number: 0 for the first.
        drawn: value by parameter.
        folder: of the run.
        ending: how it ended.
        error: last lines of one that failed.
        curve: the figure that decides, by step, as far as it was logged.
    """

    number: int
    drawn: dict[str, Any]
    folder: Path
    ending: Ending = ""
    error: str = ""
    curve: Curve = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name

    @property
    def history(self) -> list[float]:
        """The figure, validation by validation."""
        return list(self.curve.values())

    def read_curve(self, metric: str) -> bool:
        """Reads what was logged by now; whether there is something new."""
        try:
            curve = read_curves(self.folder / "log").get(metric, {})
        except LedgerError:  # being written
            return False
        is_new = curve != self.curve
        self.curve = curve
        return is_new

    def best(self, sweep: Sweep) -> tuple[float, int] | None:
        """The best value of the figure and its step; None while there is none."""
        known = [(value, step) for step, value in self.curve.items() if math.isfinite(value)]
        if not known:
            return None
        return (max if sweep.goal == "maximize" else min)(known, key=lambda pair: pair[0])

    def record(self) -> RunRecord | None:
        """What the run says of itself; None where it never began."""
        path = self.folder / RECORD_FILE
        return read_record(path) if path.exists() else None

    def write(self) -> None:
        """Keeps draw and ending."""
        content = {"number": self.number, "drawn": self.drawn, "ending": self.ending, "error": self.error}
        whole_text(self.folder / DRAW_FILE, json.dumps(content, indent=1) + "\n")


def trial_folder(out: Path, number: int) -> Path:
    """Where a run lives.

    >>> trial_folder(Path("runs/sweeps/mine"), 7).as_posix()
    'runs/sweeps/mine/run-007'
    """
    return out / f"run-{number:03d}"


def read_trials(out: Path, metric: str) -> list[Trial]:
    """The runs that were begun, by number, with their figures.

    Raises:
        UserError: a file that keeps a draw is broken.
    """
    trials = [_read(path) for path in sorted(out.glob(f"run-*/{DRAW_FILE}"))]
    for trial in trials:
        trial.read_curve(metric)
        record = trial.record() if not trial.ending else None
        if record and record.status in ("fitted", "complete"):  # its end was not noted: this process was killed
            trial.ending = "finished"
    return sorted(trials, key=lambda trial: trial.number)


def _read(path: Path) -> Trial:
    content = read_json(path, dict)
    try:
        return Trial(content["number"], content["drawn"], path.parent, content["ending"], content["error"])
    except KeyError as error:
        raise UserError(f"{path} lacks {error}: delete its folder, its run will be drawn again") from None
