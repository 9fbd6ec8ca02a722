"""Rendering as a Slurm array: each task writes its share of the shards, the last one to end the manifest."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lightning_sepcl.errors import UserError


def write_array(
    script: Path, command: Sequence[str], tasks: int, processes: int = 1, options: Sequence[str] = ()
) -> Path:
    """Writes an array job; the corpus is the same for any number of tasks.

    Args:
        script: where it goes; logs lie beside it.
        command: words of `python -m data_sim render` with all options; ` --share K/N` follows.
        tasks: of the array.
        processes: of a task.
        options: of sbatch, such as `--partition=cpu --time=02:00:00`.

    Returns:
        Absolute path of the script.
    """
    script = script.resolve()
    script.parent.mkdir(parents=True, exist_ok=True)
    asked = [
        "--job-name=render", f"--array=1-{tasks}", f"--cpus-per-task={processes}",
        f"--output={script.parent / 'render-%A_%a.log'}", *options,
    ]  # fmt: skip
    task = f'exec {shlex.join(command)} --share "$SLURM_ARRAY_TASK_ID/{tasks}"'
    here = f"cd {shlex.quote(str(Path.cwd()))} || exit 1"
    lines = ["#!/bin/bash", *[f"#SBATCH {option}" for option in asked], "export OMP_NUM_THREADS=1", here, task]
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def submit(script: Path) -> str:
    """Hands the script to Slurm; returns the number of the job.

    Raises:
        UserError: Slurm is not here, or refuses.
    """
    if shutil.which("sbatch") is None:
        raise UserError(f"no sbatch on this machine: run `sbatch {script}` where Slurm is")
    done = subprocess.run(["sbatch", "--parsable", str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"Slurm refuses {script}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()
