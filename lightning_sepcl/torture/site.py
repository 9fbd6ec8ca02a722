"""Where a campaign works: its folder, its children, and what undisturbed runs of the jobs leave."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.cli.main import main
from lightning_sepcl.torture.child import Act, Child, Ended, Nursery
from lightning_sepcl.whole_file import whole_text

LIMIT_SECONDS = 600.0
"""What takes longer hangs: undisturbed jobs take seconds, on a busy machine a minute or two."""
TRAINED = ("state_dict", "optimizer_states", "lr_schedulers", "epoch", "global_step")
"""What of a checkpoint must be the same; the rest names folders and times."""


class Job(ABC):
    """Something users start, small, and such that it may be started again in the same folder until it is done."""

    name: ClassVar[str]

    def environment(self) -> dict[str, str]:
        """Variables it is started with."""
        return {}

    @abstractmethod
    def prepare(self, shared: Path) -> None:
        """Write what it needs to `shared`; done once."""

    @abstractmethod
    def act(self, shared: Path, folder: Path) -> Act:
        """What runs, writing to `folder`."""

    @abstractmethod
    def products(self, folder: Path) -> dict[str, str]:
        """What it left when it was done: name -> checksum."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An undisturbed run.

    Attributes:
        seconds: how long it took.
        products: what it left.
    """

    seconds: float
    products: dict[str, str]


class Site:
    """The folder of a campaign.

    Args:
        folder: of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.nursery = folder.resolve(), Nursery()

    def shared(self, job: Job) -> Path:
        """What all runs of a job read; written at the first call."""
        folder = self.folder / "shared" / job.name
        if not (folder / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            job.prepare(folder)
            (folder / "done").touch()
        return folder

    def start(self, job: Job, folder: Path, environment: Mapping[str, str] | None = None) -> Child:
        """The job, running."""
        return self.nursery.start(
            job.act(self.shared(job), folder), folder, job.environment() | dict(environment or {})
        )

    def finish(self, job: Job, folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
        """The job, run to its end."""
        return self.start(job, folder, environment).ended(LIMIT_SECONDS)

    def sepcl(self, words: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
        """`sepcl WORDS`, run to its end within `folder`."""
        return self.nursery.start((main, [words]), folder, environment).ended(LIMIT_SECONDS)

    def place(self, job: Job) -> Path:
        """The folder of the job's undisturbed run."""
        return self.folder / "undisturbed" / job.name

    def reference(self, job: Job) -> Reference:
        """An undisturbed run of the job; run at the first call.

        Raises:
            RuntimeError: it failed.
        """
        told = self.place(job).with_suffix(".json")
        if not told.exists():
            self._run_undisturbed(job, told)
        return Reference(**json.loads(told.read_text(encoding="utf-8")))

    def _run_undisturbed(self, job: Job, told: Path) -> None:
        ended = self.finish(job, self.place(job))
        products = job.products(self.place(job)) if ended.code == 0 else {}
        if not products:
            raise RuntimeError(f"the undisturbed run of {job.name} failed: {ended}")
        whole_text(told, json.dumps(asdict(Reference(ended.seconds, products)), indent=1))


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """What is missing, changed or too much, in words; empty if nothing."""
    lacking = [f"{name} is missing" for name in expected if name not in found]
    changed = [f"{name} differs" for name in expected if found.get(name, expected[name]) != expected[name]]
    more = [f"{name} is too much" for name in found if name not in expected]
    return ", ".join([*lacking, *changed, *more][:5])


def checksums(folder: Path, pattern: str = "*") -> dict[str, str]:
    """Of all files below a folder but hidden ones and locks, by path from there."""
    files = (path for path in sorted(folder.rglob(pattern)) if path.is_file() and path.suffix != ".lock")
    named = {path.relative_to(folder).as_posix(): path for path in files}
    shown = {name: path for name, path in named.items() if not any(part.startswith(".") for part in Path(name).parts)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in shown.items()}


def trained_bits(checkpoint: Path) -> str:
    """A checksum over weights, optimiser and counters; says so if the checkpoint cannot be read."""
    content = content_of(checkpoint)
    if content is None:
        return "unreadable"
    digest = hashlib.sha256()
    for key in TRAINED:
        _feed(digest, content.get(key))
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    import torch

    if isinstance(value, torch.Tensor):
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        digest.update(value.contiguous().numpy().tobytes())
    elif isinstance(value, dict):
        for key in value:
            digest.update(repr(key).encode())
            _feed(digest, value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            _feed(digest, item)
    else:
        digest.update(repr(value).encode())
