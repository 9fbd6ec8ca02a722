"""Separation as augmentation: clips get the channels of one of several processors as further sources.

A processor is one state of a separator: trained to the end, hardly trained, or not at all. For every clip one of them
is drawn (the OR rule of the separated-scenes paper). The channels are made here, on the training device, or were made
before by `sepcl separate-dataset`. Of whole clips both give the same, to 16 bits; of windows (`data.clip_seconds`) the
device separates what it is given, the folder holds the channels of the whole clip.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict

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
        self,
        wave: Shaped[Tensor, "batch source 1 sample"],
        processor: Int64[Tensor, " batch"],
        length: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """The channels that the processor of each clip makes of its first `length` samples, full scale 1."""

    def draw(self, clips: int, generator: torch.Generator) -> Int64[Tensor, " {clips}"]:
        """Number of the processor of each clip, all equally likely."""
        return torch.randint(self.count, (clips,), generator=generator)

    def apply(
        self,
        wave: Shaped[Tensor, "batch source mic sample"],
        processor: Int64[Tensor, " batch"],
        length: Int64[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch _ 1 sample"]:
        """(batch, 1 + channels, 1, sample): the clip as recorded, and its channels.

        Args:
            wave: source 0 is the clip as recorded.
            processor: number of the processor of each clip, as drawn on the CPU.
            length: samples of each clip that are real, on the CPU too, where they are read without waiting for the
                device; None is all of them.

        Raises:
            UserError: clips of several microphones.
        """
        if wave.shape[2] != 1:
            raise UserError(f"separation takes one microphone, the clips have {wave.shape[2]}: set data.mono=true")
        if length is None:
            length = torch.full((len(wave),), wave.shape[-1])
        with torch.no_grad():
            channels = self.channels(wave, processor, length)
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
        self,
        wave: Shaped[Tensor, "batch source 1 sample"],
        processor: Int64[Tensor, " batch"],
        length: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """Each processor separates its own clips only, those of one length at once, and no padding."""
        separators = self._separators(wave.device)
        recorded = to_float(wave[:, 0])
        out = recorded.new_zeros(len(wave), separators[0].sources, wave.shape[-1])
        for (number, samples), clips in _alike(processor, length).items():
            rows = clips.to(wave.device, non_blocking=True)
            made = separators[number](recorded[..., :samples].index_select(0, rows))
            out[..., :samples].index_copy_(0, rows, within_full_scale(made).to(out.dtype))
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
        self,
        wave: Shaped[Tensor, "batch source 1 sample"],
        processor: Int64[Tensor, " batch"],
        length: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch channel 1 sample"]:
        """The channels of one folder per clip; they came with their padding.

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
        chosen = processor.to(wave.device, non_blocking=True)
        return to_float(grouped[torch.arange(len(wave), device=wave.device), chosen])


def within_full_scale(channels: Float[Tensor, "batch channel sample"]) -> Float[Tensor, "batch channel sample"]:
    """Channels over full scale made quieter, all of a clip alike, as the cache keeps those that were made before."""
    return channels / channels.abs().amax((1, 2), keepdim=True).clamp(min=1)


def _alike(processor: Tensor, length: Tensor) -> dict[tuple[int, int], Tensor]:
    """Rows of the clips with the same processor and length, by both."""
    rows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, (number, samples) in enumerate(zip(processor.tolist(), length.tolist(), strict=True)):
        rows[number, samples].append(row)
    return {both: torch.tensor(clips) for both, clips in rows.items()}


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
