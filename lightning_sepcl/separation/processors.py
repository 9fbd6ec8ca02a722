"""Separation as augmentation: clips get the channels of one of several processors as further sources.

A processor is one state of a separator: trained to the end, hardly trained, or not at all. For every clip one of them
is drawn (the OR rule of the separated-scenes paper). The channels are made here, on the training device, or were made
before by `sepcl separate-dataset`; both give the same views.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.saved import load_separator


class Processors(ABC):
    """Base class: which processor each clip gets, and the clip with the channels it makes.

    Args:
        drop_worst: leave out the channel that explains least of its clip; for processors with four channels, one of
            which is often nearly empty.
    """

    def __init__(self, drop_worst: bool = False) -> None:
        self.drop_worst = drop_worst
        self.sample_rate: int | None = None

    def prepare(self, sample_rate: int) -> None:
        """Told the clips' sample rate in Hz, before the first of them."""
        self.sample_rate = sample_rate

    @property
    @abstractmethod
    def count(self) -> int:
        """How many processors there are."""

    @abstractmethod
    def channels(
        self, wave: Shaped[Tensor, "batch source 1 sample"], processor: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """The channels that the processor of each clip makes of it, full scale 1."""

    def draw(self, clips: int, generator: torch.Generator) -> Int64[Tensor, " {clips}"]:
        """Number of the processor of each clip, all equally likely."""
        return torch.randint(self.count, (clips,), generator=generator)

    def apply(
        self, wave: Shaped[Tensor, "batch source mic sample"], processor: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch _ 1 sample"]:
        """(batch, 1 + channels, 1, sample): the clip as recorded, and its channels.

        Raises:
            UserError: clips of several microphones.
        """
        if wave.shape[2] != 1:
            raise UserError(f"separation takes one microphone, the clips have {wave.shape[2]}: set data.mono=true")
        with torch.no_grad():
            channels = self.channels(wave, processor.to(wave.device))
            recorded = to_float(wave[:, :1])
            kept = without_worst(channels, recorded) if self.drop_worst else channels
            return torch.cat([recorded, kept], 1)


class SeparateOnDevice(Processors):
    """Separates the clips of every batch on the training device, without gradient.

    Args:
        files: separators, as `SaveProcessors` and `sepcl convert-separator` write them.
        drop_worst: leave out the channel that explains least of its clip.
    """

    def __init__(self, files: list[str], drop_worst: bool = False) -> None:
        super().__init__(drop_worst)
        if not files:
            raise ValueError("SeparateOnDevice: `files` is empty, name at least one separator")
        self.files = list(files)
        self._loaded: list[Separator] = []

    @property
    def count(self) -> int:
        """One per file."""
        return len(self.files)

    def channels(
        self, wave: Shaped[Tensor, "batch source 1 sample"], processor: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """Each processor separates its own clips only."""
        separators = self._separators(wave.device)
        recorded = to_float(wave[:, 0])
        out = recorded.new_empty(len(wave), separators[0].sources, wave.shape[-1])
        for number, separator in enumerate(separators):
            rows = (processor == number).nonzero()[:, 0]
            if len(rows):
                out[rows] = separator(recorded[rows])
        return out[:, :, None]

    def _separators(self, device: torch.device) -> list[Separator]:
        """Loaded with the first batch: evaluation takes no part in separation and may lack the files."""
        if not self._loaded:
            loaded = [load_separator(file) for file in self.files]
            for file, separator in zip(self.files, loaded, strict=True):
                if self.sample_rate not in (None, separator.sample_rate):
                    raise UserError(
                        f"{file} is made for {separator.sample_rate} Hz, the data come at {self.sample_rate} Hz: "
                        "set data.sample_rate"
                    )
                if separator.sources != loaded[0].sources:
                    raise UserError(
                        f"{file} makes {separator.sources} channels, {self.files[0]} makes {loaded[0].sources}: "
                        "processors that are drawn from must agree"
                    )
            self._loaded = loaded
        self._loaded = [separator.to(device) for separator in self._loaded]
        return self._loaded

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_loaded": []}


class SeparatedBefore(Processors):
    """Takes the channels that the data module read from its `separated` folders, in their order.

    Args:
        processors: how many folders there are.
        drop_worst: leave out the channel that explains least of its clip.
    """

    def __init__(self, processors: int = 1, drop_worst: bool = False) -> None:
        super().__init__(drop_worst)
        if processors < 1:
            raise ValueError(f"SeparatedBefore: processors must be at least 1, found {processors}")
        self.processors = processors

    @property
    def count(self) -> int:
        """One per folder."""
        return self.processors

    def channels(
        self, wave: Shaped[Tensor, "batch source 1 sample"], processor: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """The channels of one folder per clip.

        Raises:
            UserError: the sources do not divide into so many processors.
        """
        each, rest = divmod(wave.shape[1] - 1, self.processors)
        if each < 1 or rest:
            raise UserError(
                f"the clips come with {wave.shape[1] - 1} channel(s), which {self.processors} processor(s) cannot "
                "share evenly: name as many folders in data.separated"
            )
        grouped = wave[:, 1:].reshape(len(wave), self.processors, each, *wave.shape[2:])
        return to_float(grouped[torch.arange(len(wave), device=wave.device), processor])


def without_worst(
    channels: Float[Tensor, "batch channel 1 sample"], recorded: Float[Tensor, "batch 1 1 sample"]
) -> Float[Tensor, "batch _ 1 sample"]:
    """All channels but the one that explains the smallest share of the recording, ⟨channel, recording⟩ / |recording|².

    The shares of channels that sum to the recording sum to 1; a channel that is nearly empty, or unlike anything in
    the recording, has next to none.

    Source: separated scenes, appendix A, which names energy and cosine similarity and leaves the rule open: this
    product of both is ours.
    """
    share = (channels * recorded).sum((2, 3))
    order = torch.arange(channels.shape[1], device=channels.device).expand(len(channels), -1)
    kept = order[order != share.argmin(1, keepdim=True)].reshape(len(channels), -1)
    return channels.gather(1, kept[:, :, None, None].expand(-1, -1, *channels.shape[2:]))
