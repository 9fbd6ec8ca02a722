"""What all benchmarks share: options, threads, taking turns, medians, ratios against goals, a table and a JSON file."""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Read by the numeric libraries when they are loaded, hence set before."""

ClockName = Literal["wall", "cpu"]
Clock = Callable[[], tuple[float, float]]
"""Seconds so far: (wall, CPU)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line of every benchmark says.

    Attributes:
        quick: within a minute; fewer rounds and smaller data.
        rounds: turns that are counted; None: the benchmark decides.
        threads: of the numeric libraries.
        json: file for the rows; None writes none.
    """

    quick: bool = False
    rounds: int | None = None
    threads: int = 1
    json: Path | None = None

    def rounds_or(self, quick: int, full: int) -> int:
        """The number of turns asked for, else one of these."""
        return self.rounds or (quick if self.quick else full)

    @property
    def clock(self) -> ClockName:
        """What goals are judged by: CPU time, which other programs hardly disturb, but with several threads wall time,
        since CPU time would then add up what was done at once."""
        return "cpu" if self.threads == 1 else "wall"

    @property
    def milliseconds(self) -> str:
        """The unit of times by `clock`."""
        return "ms CPU" if self.clock == "cpu" else "ms wall"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result.

    Attributes:
        name: what was measured, and the peer behind `vs`.
        value: ours.
        unit: of `value` and `peer`.
        peer: the other's figure; None where there is none.
        ratio: of the two, the way round that the goal reads.
        goal: for the ratio; None for rows that only inform.
        sense: how the goal reads.
        met: whether the goal is reached; None without one.
    """

    name: str
    value: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    goal: float | None = None
    sense: Literal["at most", "at least"] | None = None
    met: bool | None = None


def overhead(name: str, ours: float, peer: float, unit: str, goal: float | None = None) -> Row:
    """Ours over the peer's, for a cost that should be close to the peer's: at most `goal`."""
    ratio = _quotient(ours, peer)
    return Row(name, ours, unit, peer, ratio, goal, None if goal is None else "at most", _met(ratio, most=goal))


def speedup(name: str, ours: float, peer: float, unit: str, goal: float | None = None, *, rate: bool = False) -> Row:
    """How many times faster ours is: at least `goal`. Figures are times, or things per second if `rate`."""
    ratio = _quotient(ours, peer) if rate else _quotient(peer, ours)
    return Row(name, ours, unit, peer, ratio, goal, None if goal is None else "at least", _met(ratio, least=goal))


def judged(
    name: str, value: float, unit: str, goal: float | None = None, sense: Literal["at most", "at least"] = "at most"
) -> Row:
    """A figure that is judged by itself, such as an error or an agreement, without a peer."""
    if goal is None:
        return Row(name, value, unit)
    met = _met(value, most=goal) if sense == "at most" else _met(value, least=goal)
    return Row(name, value, unit, None, value, goal, sense, met)


def _quotient(a: float, b: float) -> float:
    return a / b if b else math.inf


def _met(ratio: float, least: float | None = None, most: float | None = None) -> bool | None:
    if least is None and most is None:
        return None
    return (least is None or ratio >= least) and (most is None or ratio <= most)


@dataclass(slots=True)
class Timing:
    """Seconds of every turn of one contestant."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, before: tuple[float, float], after: tuple[float, float]) -> None:
        """One turn more, between two readings of a clock."""
        self.wall.append(after[0] - before[0])
        self.cpu.append(after[1] - before[1])

    def median(self, clock: ClockName) -> float:
        """The middle turn, which a disturbed one does not move."""
        return statistics.median(self.wall if clock == "wall" else self.cpu)

    def mean(self, clock: ClockName) -> float:
        """What rare events cost is spread over all turns."""
        return statistics.fmean(self.wall if clock == "wall" else self.cpu)


def own_clock() -> tuple[float, float]:
    """Wall time, and CPU time of this process with all its threads."""
    return time.perf_counter(), time.process_time()


def children_clock() -> tuple[float, float]:
    """Wall time, and CPU time of the processes that this one started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def alternately(
    contestants: Mapping[str, Callable[[], object]], rounds: int, *, warmup: int = 1, clock: Clock = own_clock
) -> dict[str, Timing]:
    """Each contestant once per round, so that what else the machine does strikes all alike.

    Every second round runs in the opposite order: nobody always comes first. Warm-up rounds are not counted.
    """
    timings = {name: Timing() for name in contestants}
    for turn in range(warmup + rounds):
        for name, contestant in list(contestants.items())[:: -1 if turn % 2 else 1]:
            before = clock()
            contestant()
            after = clock()
            if turn >= warmup:
                timings[name].add(before, after)
    return timings


def run(doc: str | None, measure: Callable[[Options], Sequence[Row]], args: Sequence[str] | None = None) -> int:
    """The whole of a benchmark's `main`: options, threads, the measurement, the table, the JSON file."""
    options = parsed(doc or "", sys.argv[1:] if args is None else args)
    if args is None:
        restart_with_threads(options.threads)
    rows = list(measure(options))
    print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 0


def parsed(doc: str, args: Sequence[str]) -> Options:
    """The options that all benchmarks know."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="within a minute: fewer rounds, smaller data")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="turns that are counted")
    parser.add_argument("--threads", type=_positive, default=1, metavar="N", help="of the libraries (default: 1)")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the rows there as a list")
    given = parser.parse_args(args)
    return Options(given.quick, given.rounds, given.threads, given.json)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def restart_with_threads(threads: int) -> None:
    """Begin anew with the libraries told how many threads to use, unless they were; they listen only when loaded."""
    wanted = dict.fromkeys(THREAD_VARIABLES, str(threads))
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


HEADER = ("what", "ours", "peer", "unit", "ratio", "goal", "verdict")


def cells(row: Row) -> tuple[str, ...]:
    """A row as text, in the order of `HEADER`."""
    sign = {"at most": "≤ ", "at least": "≥ "}.get(row.sense or "", "")
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    goal = "" if row.goal is None else f"{sign}{row.goal:g}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return row.name, figure(row.value), "" if row.peer is None else figure(row.peer), row.unit, ratio, goal, verdict


def figure(value: float) -> str:
    """Three digits, without an exponent: 0.0123, 1.23, 12.3, 12345."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def table(rows: Sequence[Row]) -> str:
    """The rows in columns, for a terminal."""
    lines = [HEADER, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    left = {0, 3, 6}  # names and words; figures stand flush right
    laid = (
        "  ".join(c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in laid)
