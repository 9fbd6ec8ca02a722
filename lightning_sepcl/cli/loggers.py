"""Loggers that need nothing but their name in a YAML: they write into the folder of the run, one log per run.

`experiments/parts/loggers/` has a file for each, to be laid over any experiment with a further `--config`.
"""

from __future__ import annotations

import os
import uuid
from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger

from lightning_sepcl.errors import UserError

TENSORBOARD, WANDB = "tensorboard", "wandb"
"""Folders inside that of the run; W&B gives the second one its name itself."""


class InRunFolder(ABC):
    """A logger that is told the folder of its run before anything is logged."""

    @abstractmethod
    def keep_in(self, folder: Path) -> None:
        """Write below `folder` from now on, behind what an earlier part of the same run wrote."""


class TensorBoard(TensorBoardLogger, InRunFolder):  # type: ignore[misc]
    """Curves, pictures and the map of embeddings for TensorBoard, in `tensorboard/` of the run's folder.

    Needs the package `tensorboard`: `pip install "lightning_sepcl[tensorboard]"`.
    """

    def __init__(self) -> None:
        if find_spec("tensorboard"):  # else `keep_in` tells; the parser would swallow what is raised here
            super().__init__(save_dir=".", name="", version=TENSORBOARD, default_hp_metric=False)

    def keep_in(self, folder: Path) -> None:
        """As `InRunFolder` says."""
        needed("tensorboard", "tensorboard")
        self._root_dir = str(folder)


class WandB(WandbLogger, InRunFolder):  # type: ignore[misc]
    """The same for Weights & Biases, in `wandb/` of the run's folder; without an account unless `mode` is `online`.

    A resumed run, and its test, go on under the same id. `wandb sync RUN/wandb/offline-run-*` uploads later.
    Needs the package `wandb`: `pip install "lightning_sepcl[wandb]"`.

    Args:
        project: of W&B.
        mode: `offline` writes files alone; `online` sends them to W&B and needs an account.
        entity: user or team of W&B; null: the account's own.
        name: of the run; null: that of its folder.
        tags: of the run.
    """

    def __init__(
        self,
        project: str = "lightning_sepcl",
        mode: Literal["offline", "online"] = "offline",
        entity: str | None = None,
        name: str | None = None,
        tags: list[str] | None = None,
    ) -> None:
        if not find_spec("wandb"):  # as above
            return
        settings = {"console": "off"}  # else it takes over standard output
        super().__init__(
            project=project, name=name, save_dir=".", mode=mode, entity=entity, tags=tags, settings=settings
        )
        del self._wandb_init["anonymous"]  # W&B warns that it has no effect

    def keep_in(self, folder: Path) -> None:
        """As `InRunFolder` says."""
        needed("wandb", "wandb")
        place = folder.resolve()
        self._save_dir = self._wandb_init["dir"] = str(place)
        self._name = self._wandb_init["name"] = self._wandb_init["name"] or place.name

    @property
    def experiment(self) -> Any:
        """The run of W&B, begun when it is first asked for; its id is kept in `wandb/id`."""
        if self._experiment is None and self._id is None:  # not before: an earlier run's id may be moved away first
            self._id = self._wandb_init["id"] = _kept_id(Path(str(self._save_dir)) / WANDB / "id")
        return super().experiment

    def finalize(self, status: str) -> None:
        """Called after training and after a test; what follows in the same process is a new part of the run."""
        super().finalize(status)
        if self._experiment is not None:
            self._experiment.finish(exit_code=0 if status == "success" else 1)
            self._experiment = None

    def __deepcopy__(self, memo: dict[int, Any]) -> WandB:
        """Itself: a run cannot be copied, and whoever copies a method reaches its loggers by way of the parser."""
        return self


def needed(module: str, extra: str) -> None:
    """Refuse, in a sentence, to go on without a package.

    Raises:
        UserError: it is not installed.
    """
    if find_spec(module) is None:
        raise UserError(
            f'the package {module} is not installed: pip install "lightning_sepcl[{extra}]", '
            "or leave out the file that asks for it"
        )


def _kept_id(file: Path) -> str:
    if file.is_file():
        return file.read_text(encoding="utf-8").strip()
    made = os.environ.get("WANDB_RUN_ID") or uuid.uuid4().hex[:8]  # a sweep agent says which run it waits for
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(made + "\n", encoding="utf-8")
    return made
