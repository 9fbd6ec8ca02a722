"""Augmentations to be used by themselves: batches in, changed batches out, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.augment.chain import Chain
from lightning_sepcl.deploy.plugins import plugin
from lightning_sepcl.errors import UserError

LISTS = ("wave_augment", "feature_augment")
"""Where an experiment lists augmentations."""
ROOM = "lightning_sepcl.augment"


class Augmenter:
    """An augmentation that knows its sample rate and where its draws come from.

    Args:
        augmentation: any of the suite, or several as a `Chain`.
        sample_rate: Hz of the waves.
        seed: of all draws; the first call draws first.

    Attributes:
        augmentation: as given, prepared.
        generator: what the draws come from, on the CPU: a seed means the same on every device.
    """

    def __init__(self, augmentation: Augmentation, sample_rate: int, seed: int = 0) -> None:
        self.augmentation, self.sample_rate = augmentation, sample_rate
        augmentation.prepare(sample_rate)
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(
        self, x: Float[Tensor, batch * axes], generator: torch.Generator | None = None
    ) -> Float[Tensor, batch * axes]:
        """A changed copy, of the same shape and on the same device; every example is drawn for itself.

        Args:
            x: waves (batch, sample) or (batch, mic, sample); for augmentations of features (batch, channel, freq,
                frame).
            generator: draws from here instead.

        Raises:
            ValueError: other axes, or fewer microphones than the augmentation needs.
        """
        of_features = self.augmentation.domain == "feature"
        if x.ndim not in ((4,) if of_features else (2, 3)):
            wanted = "features (batch, channel, freq, frame)" if of_features else "waves (batch, sample)"
            raise ValueError(f"{self._name} takes {wanted}, this has the shape {tuple(x.shape)}")
        shaped = x[:, None] if x.ndim == 2 else x
        if shaped.shape[1] < self.augmentation.least_microphones:
            raise ValueError(f"{self._name} needs {self.augmentation.least_microphones} microphones")
        return self.augmentation(shaped, generator or self.generator).reshape(x.shape)

    @property
    def _name(self) -> str:
        return type(self.augmentation).__name__


def augmentation_named(name: str, arguments: Mapping[str, Any]) -> Augmentation:
    """One augmentation of the suite.

    Raises:
        UserError: no such augmentation, or it takes other arguments.
    """
    found = plugin({"class_path": name, "init_args": dict(arguments)}, ROOM, Augmentation)
    assert isinstance(found, Augmentation)
    return found


def augmentations_in(file: Path) -> Augmentation:
    """The augmentations that a YAML lists: a list by itself, or that of an experiment.

    Raises:
        UserError: no such file, no YAML, no list or two, or something in it that the suite does not have.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{file} is broken YAML: {' '.join(str(error).split())}") from None
    listed = content if isinstance(content, list) else _lists_of(content, file)
    return Chain([plugin(section, ROOM, Augmentation) for section in listed])


def _lists_of(content: Any, file: Path) -> list[Any]:
    """The one list of augmentations inside a front end or a whole experiment."""
    for key in ("model", "init_args", "front", "init_args"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    found = [content[name] for name in LISTS if content.get(name)] if isinstance(content, Mapping) else []
    if len(found) != 1 or not isinstance(found[0], list):
        raise UserError(f"{file} should list augmentations, or have one list of them under {' or '.join(LISTS)}")
    return found[0]
