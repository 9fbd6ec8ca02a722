"""The families of plugins: where each is imported from, and which classes belong to it.

The list of imports in a room's `__init__.py` is the registry; this table only says which base class makes a family.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Family:
    """A kind of plugin.

    Attributes:
        name: what it is called.
        room: the module whose public names are the registry.
        base: `module:Class` that every member extends.
    """

    name: str
    room: str
    base: str

    def base_class(self) -> type:
        """The class that members extend."""
        module, _, name = self.base.partition(":")
        base = getattr(importlib.import_module(module), name)
        if not isinstance(base, type):
            raise TypeError(f"{self.base} is not a class")
        return base

    def members(self, module: ModuleType | None = None) -> list[type]:
        """The concrete classes of this family that its room (or `module`) exports, by name."""
        room = module or importlib.import_module(self.room)
        inside = (room.__name__, f"{room.__name__}.")
        classes = {
            cls
            for name, cls in vars(room).items()
            if isinstance(cls, type) and not name.startswith("_") and cls.__module__.startswith(inside)
        }
        base = self.base_class()
        return sorted((c for c in classes if _belongs(c, base)), key=lambda c: c.__name__)


def default_families() -> tuple[Family, ...]:
    """The suite's families."""
    return tuple(Family(name, f"lightning_sepcl.{room}", _full(base)) for name, room, base in _TABLE)


def import_rooms(families: Sequence[Family]) -> None:
    """Import every room, so that its classes can be named without a path."""
    for family in families:
        importlib.import_module(family.room)


_TABLE = (
    ("method", "methods", "methods.learner:Learner"),
    ("data", "data", "data.datamodule:AudioDataModule"),
    ("view", "views", "views.base:ViewMaker"),
    ("source choice", "views", "views.source_choice:SourceChoice"),
    ("feature", "features", "features.base:Feature"),
    ("augmentation", "augment", "augment.base:Augmentation"),
    ("processors", "separation", "separation.processors:Processors"),
    ("separator", "separation", "separation.base:Separator"),
    ("conditioned separator", "conditioning", "separation.base:Separator"),
    ("classifier", "conditioning", "conditioning.base:Classifier"),
    ("basis", "separation", "separation.basis:Basis"),
    ("encoder", "encoders", "encoders.base:Encoder"),
    ("readout", "encoders", "encoders.readout:Readout"),
    ("head", "heads", "torch.nn:Module"),
    ("objective", "objectives", "torch.nn:Module"),
    ("optimiser", "optim", "torch.optim:Optimizer"),
    ("schedule", "optim", "optim.warmup_cosine:Schedule"),
    ("evaluation", "evaluation", "evaluation.run_evaluation:RunEvaluation"),
    ("protocol", "evaluation", "evaluation.protocol:Protocol"),
    ("baseline", "evaluation", "evaluation.baselines:Baseline"),
)


def _full(base: str) -> str:
    return base if base.startswith("torch.") else f"lightning_sepcl.{base}"


def _belongs(cls: type, base: type) -> bool:
    return issubclass(cls, base) and cls is not base and not inspect.isabstract(cls)
