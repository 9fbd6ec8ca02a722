"""`sepcl sweep FILE`: runs a sweep file of W&B on this machine, without an account, and writes its page."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from lightning_sepcl.cli.reproduce_options import count, split
from lightning_sepcl.cli.sigterm import sigterm_as_interrupt
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import INTERRUPTED, UserError
from lightning_sepcl.ledger.at_most_every import AtMostEvery
from lightning_sepcl.ledger.job_run import PROGRAM
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.report.drawing import svg
from lightning_sepcl.report.parallel_figure import Varied, parallel_figure
from lightning_sepcl.report.table_figure import picture
from lightning_sepcl.report.table_page import html_page
from lightning_sepcl.sweep.bayes import schema_complaint
from lightning_sepcl.sweep.command import fit_words
from lightning_sepcl.sweep.draws import draw, size
from lightning_sepcl.sweep.folder import OUT, alone, claim
from lightning_sepcl.sweep.page import page
from lightning_sepcl.sweep.running import Sweeping
from lightning_sepcl.sweep.sweep_file import Sweep, read_sweep
from lightning_sepcl.sweep.trial import Trial, read_trials, trial_folder
from lightning_sepcl.whole_file import whole_text

SECONDS_BETWEEN_PAGES = 10.0
PAGE, HTML, PICTURE = "page.md", "page.html", "parallel.svg"


def run(args: list[str], program: Sequence[str] = PROGRAM) -> int:
    """Run `sepcl sweep` with its arguments; returns the exit status: 0 when no run failed.

    Raises:
        UserError: the sweep file or an argument is wrong.
    """
    own, extra = split(args)
    options = _parser().parse_args(own)
    sweep = read_sweep(options.file)
    if complaint := schema_complaint(sweep):
        raise UserError(f"sweep file {sweep.path}: W&B would refuse it: {complaint}")
    out = options.out or OUT / sweep.path.stem
    call = shlex.join(["sepcl", "sweep", *args])
    write = partial(write_page, sweep, out, options.seed, call, extra)
    if options.page_only:
        if not out.is_dir():
            raise UserError(f"no folder {out}: run the sweep without --page-only first")
        write()
        print(out / PAGE)
        return 0
    runs = _runs(sweep, options.runs)
    if program is PROGRAM:
        check_experiment(sweep, out, options.seed, extra)
    if options.dry_run:
        print("\n".join(commands(sweep, out, options.seed, runs, extra)))
        return 0
    publish = AtMostEvery(SECONDS_BETWEEN_PAGES, write)
    try:
        with alone(out, _say) as lock, sigterm_as_interrupt():
            claim(sweep, out, options.seed, extra)
            sweeping = Sweeping(
                sweep, out, options.seed, runs, options.jobs, extra, call, (lock,), program, _say, publish
            )  # fmt: skip
            trials = sweeping.run()
    except KeyboardInterrupt:
        _say("stopped; the same command goes on where it was")
        return INTERRUPTED
    finally:
        publish.finish()
    return _told(trials, out)


def check_experiment(sweep: Sweep, out: Path, seed: int, extra: Sequence[str]) -> None:
    """Builds the experiment of the first draw as far as its names go.

    Raises:
        UserError: the experiment does not know a parameter, or is wrong itself.
    """
    from lightning_sepcl.cli.training import check

    words = fit_words(sweep.command, draw(sweep, seed, 0, []), trial_folder(out, 0), extra)
    try:
        check(words[1:])
    except UserError as error:
        raise UserError(f"sweep file {sweep.path}: {str(error).splitlines()[0]}") from error


def commands(sweep: Sweep, out: Path, seed: int, runs: int, extra: Sequence[str]) -> list[str]:
    """The command lines of all runs, as far as they can be told beforehand; those that have ended are marked."""
    begun = {trial.number: trial for trial in read_trials(out, sweep.metric)}
    lines = []
    for number in range(runs):
        trial = begun.get(number)
        if trial is None and sweep.method == "bayes" and number > 0:
            lines.append(f"# {runs - number} more, drawn once the figures of those before them are known")
            break
        drawn = trial.drawn if trial else draw(sweep, seed, number, [])
        words = shlex.join(["sepcl", *fit_words(sweep.command, drawn, trial_folder(out, number), extra)])
        lines.append(f"{words}  # {trial.ending}" if trial and trial.ending else words)
    return lines


def write_page(sweep: Sweep, out: Path, seed: int, call: str, extra: Sequence[str] = ()) -> None:
    """Writes the page of a sweep in Markdown and for a browser, and its picture, into the folder of its runs."""
    trials = read_trials(out, sweep.metric)
    blocks = page(sweep, trials, seed, call, extra)
    drawn = parallel_figure(
        _axes(sweep, trials),
        sweep.metric,
        [best[0] if (best := trial.best(sweep)) else math.nan for trial in trials],
        sweep.goal,
        [trial.ending == "stopped" for trial in trials],
    )
    if drawn:
        whole_text(out / PICTURE, picture(drawn))
    whole_text(out / PAGE, markdown(blocks, PICTURE if drawn else ""))
    inline = svg(drawn, "parallel", f"{sweep.title}: parameters and {sweep.metric} of each run") if drawn else ""
    whole_text(out / HTML, html_page(blocks, inline))


def _axes(sweep: Sweep, trials: Sequence[Trial]) -> list[Varied]:
    return [
        Varied(name, tuple(trial.drawn[name] for trial in trials), sweep.parameters[name].log) for name in sweep.varied
    ]


def _runs(sweep: Sweep, asked: int | None) -> int:
    """How many runs there are in the end."""
    most = size(sweep)
    wanted = [n for n in (most, asked or sweep.run_cap) if n is not None]
    if not wanted:
        raise UserError(f"{sweep.path}: method {sweep.method} draws without end: say how many with --runs N")
    return min(wanted)


def _told(trials: Sequence[Trial], out: Path) -> int:
    failed = [trial.name for trial in trials if trial.ending == "failed"]
    _say(f"page: {out / PAGE}, for a browser: {out / HTML}")
    if failed:
        _say(f"{len(failed)} of {len(trials)} runs failed: {', '.join(failed)}; their last lines are on the page")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        "sepcl sweep",
        "Run a sweep file of W&B on this machine, without an account; a second call goes on where one was stopped. "
        "Arguments after `--` go to every `sepcl fit`.",
    )
    add = parser.add_argument
    add("file", type=Path, help="sweep file; experiments/sweeps/... is found in the package where it is not here")
    add("--runs", type=count, help="how many in the end (default: the whole grid, else run_cap of the file)")
    add("--jobs", type=count, default=1, help="runs at once (default: 1)")
    add("--seed", type=int, default=0, help="of the draws (default: 0)")
    add("--out", type=Path, help="folder of runs and page (default: runs/sweeps/<name of the file>)")
    add("--dry-run", action="store_true", help="print the command lines and stop")
    add("--page-only", action="store_true", help="write the page from the runs there are, run nothing")
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
