"""Which sound each view is taken from: the clip as recorded, or one of its separated channels."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Int64
from torch import Tensor


class SourceChoice(ABC):
    """Base class of the source choices; views 0 and 1 are a pair, 2 and 3 the next."""

    def draw(self, clips: int, views: int, sources: int, generator: torch.Generator) -> Int64[Tensor, "clip view"]:
        """Row of the source axis for every view; every pair of a clip is drawn on its own.

        Args:
            clips: in the batch.
            views: of each clip.
            sources: size of the clips' source axis; row 0 is the clip as recorded, the others are channels.
            generator: every random number comes from it.

        Raises:
            ValueError: views that do not form pairs, or fewer channels than the choice needs.
        """
        if views % 2:
            raise ValueError(f"{type(self).__name__} chooses for pairs of views, found {views} view(s)")
        if sources - 1 < self.least_channels:
            raise ValueError(
                f"{type(self).__name__} needs {self.least_channels} separated channel(s) beside the mixture, the clips "
                f"have {sources - 1}: give the front end a `separate` stage, or the data `separated` folders or "
                "`sources: true`"
            )
        return self.pairs(clips * (views // 2), sources - 1, generator).reshape(clips, views)

    least_channels: int = 1

    @abstractmethod
    def pairs(self, count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, "{count} 2"]:
        """Rows of the source axis for `count` pairs; channels are numbered from 1."""


class MixtureMixture(SourceChoice):
    """Both views from the clip as recorded (mix-mix): separation plays no part."""

    least_channels = 0

    def pairs(self, count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, "{count} 2"]:
        """Zeros."""
        return torch.zeros(count, 2, dtype=torch.int64)


class MixtureChannel(SourceChoice):
    """One view from the mixture, one from a channel drawn at random (mix-chan).

    Source: separated scenes, section 2.3 and Figure 1; the best single comparison of its Table 2.
    """

    def pairs(self, count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, "{count} 2"]:
        """(0, channel)."""
        return torch.stack([torch.zeros(count, dtype=torch.int64), _channel(count, channels, generator)], 1)


class MixtureAny(SourceChoice):
    """One view from the mixture, one from the mixture or a channel (mix-any).

    Args:
        mixture_share: probability that the second view is the mixture too.

    Source: separated scenes, Table 2; the share is not stated there.
    """

    def __init__(self, mixture_share: float = 0.5) -> None:
        if not 0 <= mixture_share <= 1:
            raise ValueError(f"MixtureAny: mixture_share must be within 0..1, found {mixture_share}")
        self.mixture_share = mixture_share

    def pairs(self, count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, "{count} 2"]:
        """(0, 0 or channel)."""
        mixture = torch.rand(count, generator=generator) < self.mixture_share
        second = _channel(count, channels, generator).masked_fill(mixture, 0)
        return torch.stack([torch.zeros_like(second), second], 1)


class ChannelChannel(SourceChoice):
    """Two different channels of the clip (chan-chan).

    Source: separated scenes, section 5.2.
    """

    least_channels = 2

    def pairs(self, count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, "{count} 2"]:
        """Two different channels, all ordered pairs equally likely."""
        first = _channel(count, channels, generator)
        step = _channel(count, channels - 1, generator)
        return torch.stack([first, (first - 1 + step) % channels + 1], 1)


def chosen_source(
    choice: SourceChoice | None, start: Int64[Tensor, "clip view"], sources: int, generator: torch.Generator
) -> Int64[Tensor, "clip view"]:
    """Row of the source axis for every view that begins at `start`; without a choice the clip as recorded."""
    if choice is None:
        return torch.zeros_like(start)
    clips, views = start.shape
    return choice.draw(clips, views, sources, generator)


def _channel(count: int, channels: int, generator: torch.Generator) -> Int64[Tensor, " {count}"]:
    return torch.randint(1, channels + 1, (count,), generator=generator)
