"""How fast the separator is, in fractions of what this machine's matrix product reaches, and beside asteroid's.

TDCN++ at the published size, one clip: forward pass and whole training step. Every contestant is a process of its own,
in which turns alternate with the product of two 1536 x 1536 matrices; peak memory is the process', torch included.
Three times the forward pass' products and convolutions count as the work of a training step. Asteroid's TDConvNet++
has one skip path more (1.24 times the work), so both steps per second and fractions are shown. It is measured where
the environment variable SEPCL_ASTEROID names the Python of an environment that has it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import Options, Row, overhead, run, speedup

PROCESS = Path(__file__).resolve().parent / "processes" / "separation.py"
VARIABLE = "SEPCL_ASTEROID"
FRACTION, FASTER, GIGABYTES = 0.70, 2.5, 2.0
"""Goals: of the matrix product in a forward pass; of asteroid's steps per second; of a training step. The latter two
are for 10 s clips."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one contestant's process said.

    Attributes:
        seconds: a turn takes, the median.
        rate: of the turns, in GFLOP/s.
        peak: of the matrix product, in GFLOP/s: the median of its turns.
        gigabytes: of the process at most.
    """

    seconds: float
    rate: float
    peak: float
    gigabytes: float


def measure(options: Options) -> list[Row]:
    """Fractions, steps per second and memory."""
    seconds = 2.5 if options.quick else 10.0
    fast, step = (figures("ours", job, seconds, options) for job in ("forward", "train"))
    rows = [_fraction("forward", seconds, fast, FRACTION), _fraction("training step", seconds, step, None)]
    limit = 1.0 if seconds == 10 else None
    rows.append(overhead(f"training step, {seconds:g} s: memory vs 2 GB", step.gigabytes, GIGABYTES, "GB", limit))
    for setting in () if options.quick else ("recompute", "plain"):
        other = figures(setting, "train", seconds, options)
        rows.append(speedup(f"training step, {seconds:g} s, vs {setting}", step.seconds, other.seconds, "s"))
        rows.append(overhead(f"memory, {seconds:g} s, vs {setting}", step.gigabytes, other.gigabytes, "GB"))
    return rows + _beside_asteroid(seconds, fast, step, options)


def _beside_asteroid(seconds: float, fast: Figures, step: Figures, options: Options) -> list[Row]:
    missing = _missing()
    if missing is not None:
        return [Row(f"training steps, {seconds:g} s, vs asteroid: {missing}", 1 / step.seconds, "steps/s")]
    theirs, their_step = (figures("asteroid", job, seconds, options) for job in ("forward", "train"))
    goal = FASTER if seconds == 10 else None
    rate, their_rate = 1 / step.seconds, 1 / their_step.seconds
    return [
        speedup(f"training steps, {seconds:g} s, vs asteroid", rate, their_rate, "steps/s", goal, rate=True),
        speedup(f"forward, {seconds:g} s, vs asteroid", fast.seconds, theirs.seconds, "s"),
        overhead(f"memory, {seconds:g} s, vs asteroid", step.gigabytes, their_step.gigabytes, "GB"),
        _fraction("asteroid's forward", seconds, theirs, None),
        _fraction("asteroid's training step", seconds, their_step, None),
    ]


def _missing() -> str | None:
    """Why asteroid cannot be measured; None where it can."""
    python = os.environ.get(VARIABLE)
    if python is None:
        return f"{VARIABLE} is not set"
    command = [python, "-c", "from asteroid.masknn.convolutional import TDConvNetpp"]
    try:
        found = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return f"{VARIABLE} is no Python"
    return None if found else f"{VARIABLE} cannot import it"


def figures(contestant: str, job: str, seconds: float, options: Options) -> Figures:
    """Start the process and read its figures."""
    python = os.environ[VARIABLE] if contestant == "asteroid" else sys.executable
    rounds = options.rounds_or(quick=2, full=3)
    command = [python, str(PROCESS), contestant, job, str(seconds), str(rounds)]
    said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    turn = statistics.median(said[options.clock])
    peak = statistics.median(said[f"peak_{options.clock}"])
    return Figures(turn, said["gflop"] / turn, peak, said["gigabytes"])


def _fraction(name: str, seconds: float, measured: Figures, goal: float | None) -> Row:
    return speedup(
        f"{name}, {seconds:g} s, vs matrix product", measured.rate, measured.peak, "GFLOP/s", goal, rate=True
    )


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
