"""What every augmentation is: numbers drawn per example, and a batched function of them without any randomness."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

Params = dict[str, Any]
"""What an augmentation drew: tensors whose first axis is the example, or such dicts again where augmentations nest."""


class Augmentation(ABC):
    """Base class of the plugins: extend it, give it `draw` and `apply`, and import it in `augment/__init__.py`.

    Waves are (example, mic, sample), full scale 1; features are (example, channel, freq, frame). The views of a
    clip are examples of their own here: row `clip * views + view`.
    """

    domain: ClassVar[Literal["wave", "feature", "any"]]
    """Which of the front end's two lists may hold it."""
    shared_by_views: ClassVar[bool] = False
    """Whether all views of a clip get the same draw."""
    uses_other_examples: ClassVar[bool] = False
    """Whether `apply` looks at rows other than its own (mixing does), so that a batch of one changes the result."""

    def prepare(self, sample_rate: int) -> None:  # noqa: B027 - most plugins do not count in seconds
        """Told once, before the first draw, how many samples a second has."""

    @abstractmethod
    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """Numbers for a batch of `shape`, drawn on the CPU so that a seed means the same on every device.

        Every tensor's first axis is the example (`shape[0]` rows).
        """

    @abstractmethod
    def apply(self, x: Tensor, params: Params) -> Tensor:
        """The batch, changed as `params` say: same shape, same dtype, `x` itself untouched, no randomness."""

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Draw, then apply."""
        return self.apply(x, on_device(self.draw(x.shape, generator), x.device))


def on_device(params: Params, device: torch.device) -> Params:
    """The same draw with its tensors on `device`."""
    return {k: v.to(device) if isinstance(v, Tensor) else on_device(v, device) for k, v in params.items()}


def rows(params: Mapping[str, Any], index: Tensor) -> Params:
    """The draw of the examples `index` alone (int64 positions or a boolean mask)."""
    return {k: v[index] if isinstance(v, Tensor) else rows(v, index) for k, v in params.items()}
