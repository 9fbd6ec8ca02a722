"""What a table asks for: one job per stage, run of a row, seed and value of `each`, with its command lines."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import unknown_name
from lightning_sepcl.ledger.placeholders import EXTRA, SCALE, filled
from lightning_sepcl.ledger.recipe import files_named, recipe_hash
from lightning_sepcl.ledger.scale import files_at
from lightning_sepcl.ledger.stage_section import needed
from lightning_sepcl.ledger.table import Run, Stage, Table


@dataclass(frozen=True, slots=True)
class Job:
    """One folder to be filled: a run of a row, or a stage.

    Attributes:
        row: the row's name; empty for a stage.
        seed: of everything in the job.
        name: such as `simclr-s0`, `n.joint-s0-test_fold2` or, for a stage, `separator-s0`.
        run_dir: where it lives.
        fit: arguments of `sepcl`.
        test: arguments of `sepcl`; empty where nothing is tested.
        recipe_sha256: of all YAML files and arguments that make it and what it needs, without seed and value of `each`.
        needs: names of jobs that must be complete before.
    """

    row: str
    seed: int
    name: str
    run_dir: Path
    fit: tuple[str, ...]
    test: tuple[str, ...]
    recipe_sha256: str
    needs: tuple[str, ...] = ()

    @property
    def is_command(self) -> bool:
        """Whether it is no training: its record is then written by whoever runs it."""
        return self.fit[0] != "fit"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all jobs of a call share: folder of all runs, scale, and arguments for every training."""

    runs: Path
    scale: str
    extra: tuple[str, ...]

    def below(self, folder: str) -> Path:
        return self.runs / folder / self.scale


def jobs_of(
    table: Table,
    seeds: Sequence[int],
    runs_dir: Path,
    extra: Sequence[str] = (),
    scale: str = "",
    only: Sequence[str] = (),
) -> list[Job]:
    """Every job of a table, each behind those it needs.

    Of the first seed the stages, then all rows, then of the next seed, so that a stop leaves whole seeds.

    Args:
        table: what is wanted.
        seeds: of the jobs.
        runs_dir: a job lives in `runs_dir/<table>/<job>`, or `runs_dir/<table>/<scale>/<job>`.
        extra: arguments for every `sepcl fit`, after its own.
        scale: name of a file in experiments/scales, put after a run's own files; empty for none.
        only: names of rows; empty for all.

    Raises:
        LedgerError: `only` names a row the table has not, or there is no such scale.
    """
    for name in only:
        if name not in table.rows:
            raise unknown_name(name, table.rows, f"--only for {table.path}")
    runs = [run for run in table.runs() if run.at(scale) and (not only or run.row in only)]
    plan = _Plan(runs_dir, scale, tuple(extra))
    stages = needed([need for run in runs for need in run.needs], table.stages)
    jobs: dict[str, Job] = {}
    for seed in seeds:
        of_seed: dict[str, Job] = {}
        for name in stages:
            job = _stage_job(table.stages[name], seed, of_seed, plan)
            of_seed[name] = jobs.setdefault(job.name, job)
        for run in runs:
            for variation in variations(run):
                job = _run_job(run, seed, variation, of_seed, plan.below(table.home or table.name), plan)
                jobs[job.name] = job
    return list(jobs.values())


def variations(run: Run) -> list[tuple[tuple[str, Any], ...]]:
    """All combinations of the run's `each`, as (argument, value) pairs; one empty combination where it has none."""
    return [tuple(zip(run.each, values, strict=True)) for values in itertools.product(*run.each.values())]


def job_name(run: str, seed: int, variation: tuple[tuple[str, Any], ...] = ()) -> str:
    """Name of a job, safe as a file name.

    >>> job_name("n.simclr", 0, (("data.test_fold", 2),))
    'n.simclr-s0-test_fold2'
    """
    ends = [f"-{argument.rpartition('.')[2]}{value}" for argument, value in variation]
    return f"{run}-s{seed}" + re.sub(r"[^A-Za-z0-9._-]", "_", "".join(ends))


def stage_job_name(stage: Stage, seed: int) -> str:
    """Name of a stage's job: with the seed, where it runs once per seed."""
    return job_name(stage.name, seed) if stage.per == "seed" else stage.name


def _run_job(
    run: Run, seed: int, variation: tuple[tuple[str, Any], ...], stages: Mapping[str, Job], folder: Path, plan: _Plan
) -> Job:
    where = f"run `{run.name}`"
    files = files_at(run.experiment, plan.scale, where)
    args = filled(run.args, _values(stages, seed, plan), where)
    varied = [f"--{argument}={value}" for argument, value in variation]
    name = job_name(run.name, seed, variation)
    needs = [stages[need] for need in run.needs]
    return Job(
        row=run.row,
        seed=seed,
        name=name,
        run_dir=folder / name,
        fit=_fit(files, seed, folder / name, (*args, *varied, *plan.extra)),
        test=("test", "--run", str(folder / name)),
        recipe_sha256=recipe_hash(files, [*run.args, *plan.extra, *_recipes(needs)]),
        needs=tuple(job.name for job in needs),
    )


def _stage_job(stage: Stage, seed: int, stages: Mapping[str, Job], plan: _Plan) -> Job:
    where = f"stage `{stage.name}`"
    seed = seed if stage.per == "seed" else 0
    name = stage_job_name(stage, seed)
    run_dir = plan.below(stage.folder) / name
    values = _values(stages, seed, plan) | {stage.name: str(run_dir)}
    needs = [stages[need] for need in stage.needs]
    test: tuple[str, ...] = ()
    if stage.command:
        words = [part for word in stage.command for part in (plan.extra if word == EXTRA else (word,))]
        fit = filled(words, values, where)
        at_scale = [word.replace(SCALE, plan.scale) for word in words]
        recipe = recipe_hash(files_named(at_scale), [*at_scale, *_recipes(needs)])
    else:
        files = files_at(stage.experiment, plan.scale, where)
        fit = _fit(files, seed, run_dir, (*filled(stage.args, values, where), *plan.extra))
        test = ("test", "--run", str(run_dir)) if stage.test else ()
        recipe = recipe_hash(files, [*stage.args, *plan.extra, *_recipes(needs)])
    return Job("", seed, name, run_dir, fit, test, recipe, tuple(job.name for job in needs))


def _fit(files: Sequence[Path], seed: int, run_dir: Path, args: Sequence[str]) -> tuple[str, ...]:
    configs = [part for file in files for part in ("--config", str(file))]
    return ("fit", *configs, "--seed_everything", str(seed), "--run", str(run_dir), "--resume", *args)


def _values(stages: Mapping[str, Job], seed: int, plan: _Plan) -> dict[str, str]:
    folders = {name: str(job.run_dir) for name, job in stages.items()}
    return folders | {"seed": str(seed)} | ({"scale": plan.scale} if plan.scale else {})


def _recipes(needs: Sequence[Job]) -> list[str]:
    return [f"needs {job.recipe_sha256}" for job in needs]
