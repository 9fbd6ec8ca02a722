"""What a run ran on: commit of the code, machine, versions. Taken once per command, kept in the run's record."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from lightning_sepcl import __version__

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Hardware:
    """The machine of a run.

    Attributes:
        cpu: model name; empty where the system does not tell.
        cores: logical processors this process may use.
        threads: of torch within one operation.
        memory_gib: main memory, GiB; 0 where unknown.
        gpu: name of the first CUDA device, `none` without one.
    """

    cpu: str = ""
    cores: int = 0
    threads: int = 0
    memory_gib: float = 0.0
    gpu: str = "none"


def capture_environment(source: Path = PACKAGE) -> dict[str, Any]:
    """The parts of a record that describe code and machine, ready for `merge_record(run_dir, **parts)`.

    Args:
        source: folder of the code whose commit is wanted. `dirty` looks at this folder alone: a result page being
            written elsewhere in the checkout does not change what the code computes.

    Returns:
        `commit` (`unknown` outside a git checkout), `dirty`, `hardware`, `versions`.
    """
    commit, dirty = commit_of(source)
    return {"commit": commit, "dirty": dirty, "hardware": _hardware(), "versions": _versions()}


def commit_of(source: Path) -> tuple[str, bool]:
    """Commit of the checkout that tracks `source`, and whether that folder has uncommitted changes.

    An installed copy inside somebody else's checkout (a virtual environment in a project) is not tracked: `unknown`.
    """
    if not _git(source, "ls-files", "."):
        return "unknown", False
    commit = _git(source, "rev-parse", "HEAD")
    return (commit, bool(_git(source, "status", "--porcelain", "--", "."))) if commit else ("unknown", False)


def _git(folder: Path, *args: str) -> str:
    try:
        done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _hardware() -> Hardware:
    return Hardware(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        threads=torch.get_num_threads(),
        memory_gib=_memory_gib(),
        gpu=torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none",
    )


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _memory_gib() -> float:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0.0
    return round(total / 2**30, 1)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "torch": str(torch.__version__)}
    try:
        found["lightning"] = version("pytorch-lightning")
    except PackageNotFoundError:
        found["lightning"] = "unknown"
    return found | {"lightning_sepcl": __version__}
