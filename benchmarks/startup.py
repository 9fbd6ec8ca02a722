"""How long the command line keeps a user waiting, beside `import torch` alone.

Each contestant is a process of its own; wall time, since that is what a user waits for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial

from harness import Options, Row, Timing, alternately, children_clock, overhead, run

GOAL = 1.2
"""Times `import torch`."""
TORCH = "import torch"
QUICK = {
    "sepcl --help": ["-m", "lightning_sepcl.cli.main", "--help"],
    "import lightning_sepcl": ["-c", "import lightning_sepcl"],
    "sepcl fit --help": ["-m", "lightning_sepcl.cli.main", "fit", "--help"],
    "python -c pass": ["-c", "pass"],
}
LONG = {
    "sepcl plugins": ["-m", "lightning_sepcl.cli.main", "plugins"],
    "import pytorch_lightning": ["-c", "import pytorch_lightning"],
}
JUDGED = ("sepcl --help", "import lightning_sepcl")


def measure(options: Options) -> list[Row]:
    """Milliseconds of each, and how many times `import torch` that is."""
    timings = _timings({TORCH: ["-c", TORCH], **QUICK}, options.rounds_or(quick=3, full=15))
    timings |= _timings(LONG, 1 if options.quick else options.rounds_or(quick=1, full=5))
    wall = {name: 1e3 * timing.median("wall") for name, timing in timings.items()}
    cpu = {name: 1e3 * timing.median("cpu") for name, timing in timings.items()}
    others = [name for name in wall if name != TORCH]
    goals = dict.fromkeys(JUDGED, GOAL)
    return [
        *(overhead(f"{name} vs {TORCH}", wall[name], wall[TORCH], "ms wall", goals.get(name)) for name in others),
        *(overhead(f"{name} vs {TORCH}", cpu[name], cpu[TORCH], "ms CPU") for name in others),
    ]


def _timings(commands: dict[str, list[str]], rounds: int) -> dict[str, Timing]:
    contestants: dict[str, Callable[[], object]] = {name: partial(_process, args) for name, args in commands.items()}
    return alternately(contestants, rounds, warmup=min(1, rounds - 1), clock=children_clock)


def _process(args: list[str]) -> None:
    subprocess.run([sys.executable, *args], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
