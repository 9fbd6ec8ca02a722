"""What travels between the rooms: small frozen records, no behaviour beyond moving their tensors to a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips side by side, as the data layer hands them to a method.

    Attributes:
        wave: (batch, source, mic, sample); source 0 is the clip as recorded, 1.. its isolated or separated sources.
            int16 as it lies in the cache (`audio.level.to_float` turns it into full scale 1), or float32, full scale 1.
        length: (batch,) samples of each clip that are real; behind them `wave` is zero.
        target: (batch, class) float32, 1 where the class is present; all zero where nothing is known.
        labelled: (batch,) bool, whether `target` says anything.
        index: (batch,) row of each clip in the data set's manifest.
        keys: name of each clip, for messages and reports.
        direction: (batch, 3) float32, where the source is: azimuth (deg, counter-clockwise), elevation (deg), distance
            (m); (batch, 6) where the corpus has clips with two sources. NaN where unknown or not there, None where the
            corpus knows no directions at all.
    """

    wave: Tensor
    length: Tensor
    target: Tensor
    labelled: Tensor
    index: Tensor
    keys: tuple[str, ...]
    direction: Tensor | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Batch:
        """The same batch with its tensors on `device`; Lightning calls this."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Batch:
        """The same batch in page-locked memory; the data loader calls this."""
        return self._each(lambda tensor: tensor.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        own = (getattr(self, f.name) for f in fields(self))
        changed: list[Any] = []
        changed.extend(change(v) if isinstance(v, Tensor) else v for v in own)
        return Batch(*changed)


@dataclass(frozen=True, slots=True)
class FrameEmbedding:
    """What is heard in a signal, frame by frame: what conditions a separator.

    Attributes:
        values: (batch, channel, frame), logits of classes or any other embedding; several signals' stand behind each
            other on the channel axis. Frame k is centred on sample k · `hop_samples`.
        hop_samples: from one frame to the next; irrelevant for a single frame, which speaks for the whole signal.
    """

    values: Tensor
    hop_samples: int


@dataclass(frozen=True, slots=True)
class Result:
    """One figure of an evaluation, with all that is needed to read it.

    Attributes:
        what: the representation that was judged, such as `embedding`, `log-mel mean+std`, `untrained embedding`.
        metric: `qbe_map`, `knn_accuracy`, `linear_map`, ...
        value: the figure; NaN where it is not defined.
        chance: what a representation that knows nothing reaches; NaN where unknown.
        n: how many clips (or classes, as the protocol says) it is a mean over.
        protocol: how it was computed, in a short phrase.
        seed: of every random choice of the protocol.
    """

    what: str
    metric: str
    value: float
    chance: float
    n: int
    protocol: str
    seed: int
