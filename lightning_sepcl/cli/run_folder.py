"""The folder of a run: config.yaml, checkpoints/, log/; which checkpoint to test, which to continue from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.errors import UserError

CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"
LOG = "log"
LOCK, BEST = ".lock", "best.ckpt"
OF_ONE_RUN = (
    LOG,
    "tensorboard",
    "wandb",
    "views.npz",
    "processors",
    "record.json",
    "data.json",
    "results.json",
    "embeddings.npz",
    "predictions.npz",
    "mixtures.csv",
    "report.html",
)
"""What else belongs to one run: a record, figures or curves that stayed would be taken for the next run's."""
TO_CONTINUE = ("state_dict", "optimizer_states", "lr_schedulers", "loops", "epoch", "global_step")
"""What a checkpoint must hold for training to go on from it."""


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved experiment."""
        return self.path / CONFIG

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints lie."""
        return self.path / CHECKPOINTS

    def newest_first(self) -> list[Path]:
        """All checkpoints, the latest written first."""
        return sorted(self.checkpoints.glob("*.ckpt"), key=lambda f: (f.stat().st_mtime_ns, f.stem == "last"))[::-1]

    def to_continue_from(self) -> tuple[Path | None, str]:
        """The latest checkpoint that can be read, and a sentence about those that cannot.

        `best.ckpt` comes behind all others: it is written between a validation and the end of the epoch, and Lightning
        counts the last epoch twice when it goes on from there.

        Raises:
            UserError: there are checkpoints, and none can be read.
        """
        broken: list[str] = []
        for file in sorted(self.newest_first(), key=lambda f: f.name == BEST):
            if content_of(file) is not None:
                told = f"{', '.join(broken)} cannot be read; continuing from {file.name}" if broken else ""
                return file, told
            broken.append(file.name)
        if broken:
            raise UserError(f"none of the checkpoints in {self.checkpoints} can be read: {', '.join(broken)}")
        return None, ""

    def to_judge(self) -> Path | None:
        """The best checkpoint by what the run monitored, else the latest that can be read."""
        latest, _ = self.to_continue_from()
        if latest is None:
            return None
        states = (content_of(latest) or {}).get("callbacks", {}).values()
        for state in states:
            best = state.get("best_model_path") if isinstance(state, dict) and state.get("monitor") else None
            if best and (self.checkpoints / Path(best).name).is_file():  # by name: the folder may have been moved
                return self.checkpoints / Path(best).name
        return latest

    @contextmanager
    def alone(self, say: Callable[[str], None]) -> Iterator[None]:
        """Within it no other process trains in this folder; one that does so already is waited for.

        The other may be the orphan of a killed `sepcl reproduce`. What a killed run left half written is removed.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"another process is training in {self.path}; waiting for it")
            lock.acquire()
        try:
            for left in self.checkpoints.glob(".*.ckpt.*"):
                left.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def set_aside(self) -> Path | None:
        """Move what belongs to an earlier run to `earlier_N/`: checkpoints, config, logs, figures. Two must not mix."""
        if not self.newest_first():
            return None
        number = 1
        while (self.path / f"earlier_{number}").exists():
            number += 1
        aside = self.path / f"earlier_{number}"
        aside.mkdir()
        for part in (self.checkpoints, self.config, *(self.path / name for name in OF_ONE_RUN)):
            if part.exists():
                part.rename(aside / part.name)
        return aside


def run_of_checkpoint(checkpoint: Path) -> RunFolder | None:
    """The run folder a checkpoint lies in: the nearest folder above it with a config.yaml, at most three up."""
    for folder in list(checkpoint.resolve().parents)[:3]:
        if (folder / CONFIG).is_file():
            return RunFolder(folder)
    return None


def trusted_content(file: Path) -> dict[str, Any]:
    """What a checkpoint holds that somebody means.

    Raises:
        UserError: it cannot be used; says which one beside it can.
    """
    content = content_of(file)
    if content is None:
        raise UserError(
            f"{file} is damaged, or holds more than tensors and plain values and is not trusted{beside(file)}"
        )
    return content


def refuse_to_continue(file: Path) -> None:
    """Check a checkpoint that training is to go on from.

    Raises:
        UserError: it is damaged, or no checkpoint of a training; says which one beside it can be used.
    """
    content = trusted_content(file)
    missing = [key for key in TO_CONTINUE if key not in content]
    if missing:
        raise UserError(f"{file} is no checkpoint that training can go on from: it holds no {missing[0]}{beside(file)}")


def beside(file: Path) -> str:
    """The end of a sentence about a checkpoint that cannot be used: the latest other one in its folder that can."""
    others = RunFolder(file.resolve().parents[1]).newest_first() if file.resolve().parent.name == CHECKPOINTS else []
    for other in others:
        if other != file.resolve() and not set(TO_CONTINUE) - set(content_of(other) or {}):
            return f"; {file.with_name(other.name)} can be used"
    return ""
