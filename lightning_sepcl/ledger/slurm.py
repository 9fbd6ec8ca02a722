"""The jobs of a table as Slurm arrays: one task per job, the jobs that others need in an array before theirs."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.plan import Job

SUBMIT = "submit.sh"


def write_slurm(
    jobs: Sequence[Job],
    folder: Path,
    command: Sequence[str],
    extra: Sequence[str],
    threads: int,
    options: Sequence[str],
) -> Path:
    """Writes `array0.sbatch` (and `array1.sbatch` ... for what needs it), `collect.sbatch` and `submit.sh`.

    An array starts when the one before has ended, however it ended: each task looks whether the stages it needs are
    complete, so that one failed stage holds back only the jobs that need it. The last job writes the page.

    Args:
        jobs: those that are to be run.
        folder: where the scripts go.
        command: words of `sepcl reproduce` with all options; ` --job NAME` or ` --page-only` follows.
        extra: what stands behind `--`.
        threads: processors of a task.
        options: of sbatch, such as `--partition=gpu --gres=gpu:1`.

    Returns:
        Path of `submit.sh`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.sbatch"):
        old.unlink()
    names = []
    behind = ["--", *extra] if extra else []
    for i, level in enumerate(levels(jobs)):
        names.append(f"array{i}")
        task = f'{shlex.join(command)} --job "${{jobs[$SLURM_ARRAY_TASK_ID]}}" {shlex.join(behind)}'.rstrip()
        lines = [*_head(names[-1], folder, threads, options, f"--array=0-{len(level) - 1}"), *_listed(level)]
        _write(folder / f"{names[-1]}.sbatch", [*lines, _there(), f"exec {task}"])
    collect = shlex.join([*command, "--page-only", *behind])
    _write(folder / "collect.sbatch", [*_head("collect", folder, 1, []), _there(), f"exec {collect}"])
    _write(folder / SUBMIT, _submission([*names, "collect"]))
    return folder / SUBMIT


def submit(script: Path) -> str:
    """Runs `submit.sh`; returns what it said.

    Raises:
        LedgerError: Slurm is not here, or refuses.
    """
    if shutil.which("sbatch") is None:
        raise LedgerError(f"no sbatch on this machine: run `bash {script}` where Slurm is")
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LedgerError(f"Slurm refuses {script}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def levels(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs that need nothing, then those that need these alone, and so on."""
    depth: dict[str, int] = {}
    for job in jobs:  # each stands behind those it needs; what is not among them is complete
        depth[job.name] = 1 + max((depth[need] for need in job.needs if need in depth), default=-1)
    return [[job for job in jobs if depth[job.name] == d] for d in sorted(set(depth.values()))]


def _head(name: str, folder: Path, threads: int, options: Sequence[str], *own: str) -> list[str]:
    output = folder.resolve() / f"{name}-{'%A_%a' if own else '%j'}.log"
    asked = [f"--job-name={name}", *own, f"--cpus-per-task={threads}", f"--output={output}", *options]
    return ["#!/bin/bash", *[f"#SBATCH {option}" for option in asked]]


def _listed(level: Sequence[Job]) -> list[str]:
    return ["jobs=(", *[f"  {job.name}" for job in level], ")"]


def _there() -> str:
    return f"cd {shlex.quote(str(Path.cwd()))} || exit 1"


def _submission(names: Sequence[str]) -> list[str]:
    lines = ["#!/bin/bash", "set -e", 'cd "$(dirname "$0")"']
    for before, name in zip(["", *names], names, strict=False):
        after = f"--dependency=afterany:${{{before}%%;*}} " if before else ""
        lines += [f"{name}=$(sbatch --parsable {after}{name}.sbatch)", f'echo "{name}: ${name}"']
    return lines


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
