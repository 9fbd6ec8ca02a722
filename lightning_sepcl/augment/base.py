"""What every augmentation is: numbers drawn per example, and a batched function of them without any randomness."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

Params = dict[str, Any]
"""What an augmentation drew: tensors whose first axis is the example, or such dicts again where augmentations nest."""

Domain = Literal["wave", "feature", "any"]


class Augmentation(ABC):
    """Base class of the plugins: extend it, give it `draw` and `apply`, and import it in `augment/__init__.py`.

    Waves are (example, mic, sample), full scale 1; features are (example, channel, freq, frame). The views of a
    clip are examples of their own here: row `clip * views + view`. To use a plugin on a part of the examples only,
    wrap it: `Sometimes(plugin, p)`.

    Attributes:
        domain: which of the front end's two lists may hold it.
        shared_by_views: whether all views of a clip get the same draw; the same for every object of a class, unless
            it only passes on what the plugins inside it say.
        uses_other_examples: whether `apply` looks at rows other than its own (mixing does), so that a batch of one
            changes the result.
        least_microphones: how many the clips must have.
        views: rows per clip, as `prepare` was told.
    """

    domain: Domain
    shared_by_views: bool = False
    uses_other_examples: bool = False
    least_microphones: int = 1
    views: int = 1
    _sample_rate: int | None = None

    def prepare(self, sample_rate: int, views: int = 1) -> None:
        """Told once, before the first draw: samples per second, and rows per clip."""
        self._sample_rate, self.views = sample_rate, views

    @property
    def sample_rate(self) -> int:
        """Hz, for plugins that count in seconds.

        Raises:
            RuntimeError: `prepare` was not called.
        """
        if self._sample_rate is None:
            raise RuntimeError(f"{type(self).__name__} does not know the sample rate: call prepare(sample_rate) first")
        return self._sample_rate

    @abstractmethod
    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """Numbers for a batch of `shape`, drawn on the CPU so that a seed means the same on every device.

        Every tensor's first axis is the example (`shape[0]` rows).
        """

    @abstractmethod
    def apply(self, x: Tensor, params: Params) -> Tensor:
        """The batch, changed as `params` say: same shape, same dtype, `x` itself untouched, no randomness."""

    def turned(self, direction: Tensor, params: Params) -> Tensor:
        """Where the sources of a batch are once it was changed as `params` say: (n, 3) azimuth, elevation, distance.

        Most plugins move nothing.
        """
        return direction

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Draw, then apply."""
        return self.apply(x, on_device(self.draw(x.shape, generator), x.device))


def on_device(params: Params, device: torch.device) -> Params:
    """The same draw with its tensors on `device`."""
    return {k: v.to(device) if isinstance(v, Tensor) else on_device(v, device) for k, v in params.items()}


def rows(params: Mapping[str, Any], index: Tensor) -> Params:
    """The draw of the examples `index` alone (int64 positions or a boolean mask)."""
    return {k: v[index] if isinstance(v, Tensor) else rows(v, index) for k, v in params.items()}
