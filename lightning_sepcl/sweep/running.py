"""Running a sweep on this machine: draws, processes, early ends; what was begun is gone on with, what ended stays."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lightning_sepcl.ledger.curves import read_curves
from lightning_sepcl.ledger.errors import unknown_name
from lightning_sepcl.ledger.job_run import PROGRAM, STOP_SECONDS, last_lines
from lightning_sepcl.ledger.run_record import merge_record
from lightning_sepcl.ledger.runner import Progress
from lightning_sepcl.sweep.command import fit_words
from lightning_sepcl.sweep.draws import draw
from lightning_sepcl.sweep.hyperband import to_stop
from lightning_sepcl.sweep.sweep_file import Sweep
from lightning_sepcl.sweep.trial import ENDED_WELL, Trial, read_trials, trial_folder
from lightning_sepcl.threads import with_threads

POLL_SECONDS = 1.0
"""How often the logs of running processes are looked at."""


@dataclass
class Process:
    """A run that is going on.

    Attributes:
        trial: what it is about.
        child: the subprocess.
        log: where its output goes.
        start: byte of the log at which this process began.
        began: when, on the clock of `time.monotonic`.
        asked: when it was asked to end, on the same clock; None for not at all.
    """

    trial: Trial
    child: subprocess.Popen[bytes]
    log: Path
    start: int
    began: float = field(default_factory=time.monotonic)
    asked: float | None = None

    def ask_to_end(self) -> None:
        """SIGTERM first; SIGKILL where that was a while ago."""
        if self.asked is None:
            self.asked = time.monotonic()
            self.child.terminate()
        elif time.monotonic() - self.asked > STOP_SECONDS:
            self.child.kill()


@dataclass
class Sweeping:
    """Runs a sweep; what one call leaves unfinished, the next goes on with.

    Args:
        sweep: what is searched.
        out: folder of its runs; nobody else may be at it.
        seed: of the draws.
        runs: how many there are in the end.
        jobs: how many at once.
        extra: words for every `sepcl fit`, behind those of the sweep file.
        call: the `sepcl sweep` call, kept in the records.
        held: open files that every process keeps open too, such as that of a lock.
        program: what stands before the arguments of `sepcl`.
        say: called with one line of progress.
        ended: called whenever a run has ended.
    """

    sweep: Sweep
    out: Path
    seed: int
    runs: int
    jobs: int = 1
    extra: Sequence[str] = ()
    call: str = ""
    held: Sequence[int] = ()
    program: Sequence[str] = PROGRAM
    say: Callable[[str], None] = print
    ended: Callable[[], None] = lambda: None
    trials: list[Trial] = field(default_factory=list, init=False)
    _waiting: list[Trial] = field(default_factory=list, init=False)

    def run(self) -> list[Trial]:
        """Runs what is missing; returns all runs by number.

        A failing run leaves its last lines with its draw, and the others go on. A KeyboardInterrupt, and every other
        error, ends the processes first and is then raised on.

        Raises:
            LedgerError: a run ended well and never logged the figure that decides.
        """
        self.trials = read_trials(self.out, self.sweep.metric)
        for trial in self.trials:
            if trial.ending == "finished":  # also one whose end nobody was there to note
                trial.write()
        self._waiting = [t for t in self.trials if t.ending not in ENDED_WELL and t.number < self.runs]
        done = sum(t.ending in ENDED_WELL for t in self.trials)
        if done:
            self.say(f"{done} of {max(self.runs, len(self.trials))} runs have ended already")
        missing = len(self._waiting) + sum(n not in self._begun() for n in range(self.runs))
        progress = Progress(missing, self.say)
        going: list[Process] = []
        try:
            while self._fill(going):
                _wait(going[0].child)
                self._end_poor_ones(going)
                for process in [p for p in going if p.child.poll() is not None]:
                    going.remove(process)
                    self._note_end(process)
                    progress(process.trial.name, f"{process.trial.ending}{self._figures(process.trial)}")
                    self.ended()
        except BaseException:
            _end_all(going)
            raise
        return self.trials

    def _fill(self, going: list[Process]) -> bool:
        """Starts as many runs as there may be at once; whether any is going on."""
        while len(going) < self.jobs and (trial := self._next()):
            going.append(self._started(trial))
        return bool(going)

    def _next(self) -> Trial | None:
        """A run that was begun by an earlier call, else a new draw; None when there are enough."""
        if self._waiting:
            return self._waiting.pop(0)
        number = next((n for n in range(self.runs) if n not in self._begun()), None)
        if number is None:
            return None
        trial = Trial(number, draw(self.sweep, self.seed, number, self.trials), trial_folder(self.out, number))
        self.trials = sorted([*self.trials, trial], key=lambda t: t.number)
        return trial

    def _begun(self) -> set[int]:
        return {trial.number for trial in self.trials}

    def _started(self, trial: Trial) -> Process:
        trial.ending, trial.error = "", ""
        trial.write()
        log = self.out / "logs" / f"{trial.name}.log"
        log.parent.mkdir(exist_ok=True)
        threads = int(os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 1) // self.jobs))
        environment = os.environ | with_threads(threads)
        words = fit_words(self.sweep.command, trial.drawn, trial.folder, self.extra)
        told = ", ".join(f"{name.rpartition('.')[2]} {_short(trial.drawn[name])}" for name in self.sweep.varied)
        self.say(f"{trial.name}: {told}; output in {log}")
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*self.program, *words], stdout=output, stderr=subprocess.STDOUT, env=environment, pass_fds=self.held
            )
            return Process(trial, child, log, output.tell())

    def _end_poor_ones(self, going: Sequence[Process]) -> None:
        """Asks those runs to end that Hyperband gives up."""
        for process in going:
            if process.asked is not None:
                process.ask_to_end()
        is_new = [process.trial.read_curve(self.sweep.metric) for process in going]
        if self.sweep.early is None or not any(is_new):
            return
        histories = {trial.name: trial.history for trial in self.trials}
        could_end = {p.trial.name: p for p in going if p.asked is None}
        for name in to_stop(self.sweep.early, histories, list(could_end), self.sweep.goal):
            could_end[name].ask_to_end()

    def _note_end(self, process: Process) -> None:
        trial, code = process.trial, process.child.returncode
        trial.read_curve(self.sweep.metric)
        trial.ending = "finished" if code == 0 else "failed" if process.asked is None else "stopped"
        if trial.ending == "failed":
            trial.error = last_lines(process.log, process.start) or f"exit status {code}"
        if trial.ending == "finished":
            merge_record(trial.folder, reproduce=self.call)
        else:
            seconds = round(time.monotonic() - process.began, 1)
            merge_record(trial.folder, status=trial.ending, error=trial.error, reproduce=self.call, seconds_fit=seconds)
        if trial.ending == "finished" and not trial.curve:
            logged = [name for name in read_curves(trial.folder / "log") if name != self.sweep.metric]
            raise unknown_name(self.sweep.metric, logged, f"{trial.folder} never logged the `metric` of the sweep")
        trial.write()

    def _figures(self, trial: Trial) -> str:
        """The figure of a run and the best one so far."""
        own = trial.best(self.sweep)
        if own is None:
            return ""
        leader = ranked(self.sweep, self.trials)[0]
        best = leader.best(self.sweep) or own
        so_far = "the best so far" if leader is trial else f"best so far {best[0]:.4g}, {leader.name}"
        return f", {self.sweep.metric} {own[0]:.4g} ({so_far}),"


def ranked(sweep: Sweep, trials: Sequence[Trial]) -> list[Trial]:
    """Runs by their figure, the best first, those without one last."""
    sign = -1.0 if sweep.goal == "maximize" else 1.0

    def place(trial: Trial) -> tuple[bool, float]:
        best = trial.best(sweep)
        return best is None, sign * best[0] if best else 0.0

    return sorted(trials, key=place)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _wait(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _end_all(going: Sequence[Process]) -> None:
    for process in going:
        process.ask_to_end()
    for process in going:
        try:
            process.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.child.kill()
