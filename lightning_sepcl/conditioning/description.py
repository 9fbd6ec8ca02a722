"""Which parts a classifier is made of, in words that a file can hold: nothing from a file is run, only looked up."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.readout import Readout
from lightning_sepcl.features.base import Feature

PATCH_FRAMES = 96
ROOMS: Mapping[type, str] = {
    Feature: "lightning_sepcl.features",
    Encoder: "lightning_sepcl.encoders",
    Readout: "lightning_sepcl.encoders",
}


@dataclass(frozen=True, slots=True)
class Description:
    """All but the weights of a `PatchClassifier`.

    Attributes:
        feature: {class, arguments} of a feature of this suite.
        encoder: the same of an encoder.
        classes: of the linear classifier behind it; none: the encoder's embedding itself is given.
        sample_rate: Hz.
        standardised: whether mean and deviation are taken out of the features.
        patch_frames: feature frames that the network looks at.
    """

    feature: Mapping[str, Any]
    encoder: Mapping[str, Any]
    classes: tuple[str, ...]
    sample_rate: int
    standardised: bool = False
    patch_frames: int = PATCH_FRAMES

    def parts(self) -> tuple[Feature, Encoder]:
        """A feature and an encoder as described, weights as initialised.

        Raises:
            ValueError: one of them is not of this suite, or takes other arguments.
        """
        return part_of(Feature, self.feature), part_of(Encoder, self.encoder)

    def as_plain(self) -> dict[str, Any]:
        """Plain values, as JSON knows them."""
        return asdict(self) | {"classes": list(self.classes)}


def described(plain: Mapping[str, Any]) -> Description:
    """The way back from `as_plain`.

    Raises:
        TypeError: other keys.
    """
    return Description(**{**plain, "classes": tuple(plain["classes"])})


def named(class_path: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """{class, arguments} from an experiment's `class_path` and `init_args`."""
    return {"class": class_path.rpartition(".")[2], "arguments": dict(arguments)}


def part_of(kind: type, plain: Mapping[str, Any]) -> Any:
    """A feature, encoder or readout of this suite from {class, arguments}, weights as initialised.

    Args:
        kind: `Feature`, `Encoder` or `Readout`.
        plain: as `named` gives it.

    Raises:
        ValueError: the room has no such class, or it takes other arguments.
    """
    room = ROOMS[kind]
    found = getattr(importlib.import_module(room), str(plain["class"]), None)
    if not isinstance(found, type) or not issubclass(found, kind):
        raise ValueError(f"{room} has no {kind.__name__.lower()} called {plain['class']}")
    try:
        return found(**plain["arguments"])
    except TypeError as error:
        raise ValueError(f"{plain['class']} does not take these arguments: {error}") from error
