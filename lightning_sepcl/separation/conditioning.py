"""From an embedding of a signal to channels that a layer of TDCN++ looks at: activation, 1×1, repeat, global norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation.dense import Dense
from lightning_sepcl.separation.norm import standardised

ConditionedLayers = Literal["first", "all"]
Combination = Literal["concatenate", "gate"]
EmbeddingActivation = Literal["none", "sigmoid", "trainable_sigmoid"]


@dataclass(frozen=True, slots=True)
class Conditioning:
    """How an embedding is joined to a TDCN++.

    Attributes:
        channels: of the embedding.
        width: channels that the embedding is brought to; a gate is as wide as what it gates instead.
        layers: `first`: joined to the analysis coefficients alone; `all`: also to what every block looks at.
        combination: `concatenate`: in front of the layer's input; `gate`: multiplied with it.
        activation: of the embedding: `none`, `sigmoid`, or a sigmoid with trained height, steepness and centre.

    Source: Tzinis et al. 2020, section 3.2.
    """

    channels: int
    width: int = 128
    layers: ConditionedLayers = "first"
    combination: Combination = "concatenate"
    activation: EmbeddingActivation = "sigmoid"

    def __post_init__(self) -> None:
        if min(self.channels, self.width) < 1:
            raise ValueError(
                f"Conditioning: `channels` and `width` must be at least 1, they are {self.channels} and {self.width}"
            )

    def beside(self) -> int:
        """Channels it puts in front of a layer's input."""
        return self.width if self.combination == "concatenate" else 0


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """The frames of a basis: where each begins within the wave.

    Attributes:
        frames: how many.
        hop_samples: from one's start to the next one's.
        lead: zeros in front of the wave.
    """

    frames: int
    hop_samples: int
    lead: int


class TrainableSigmoid(nn.Module):
    """height / (1 + exp(steepness · (centre − x))), which begins as the sigmoid.

    Source: Tzinis et al. 2020, section 3.2, step 2.
    """

    def __init__(self) -> None:
        super().__init__()
        self.height = nn.Parameter(torch.tensor(1.0))
        self.steepness = nn.Parameter(torch.tensor(1.0))
        self.centre = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
        """Same shape."""
        return self.height * torch.sigmoid(self.steepness * (x - self.centre))


class EmbeddingInput(nn.Module):
    """An embedding as channels of a layer: activation, 1×1 to `width`, one row per frame of the basis, global norm.

    The paper repeats frames first; what stands between is the same for every copy of a frame, so it is done before.
    The norm counts frames as often as they are repeated.

    Args:
        channels: of the embedding.
        width: of the layer.
        activation: `none`, `sigmoid` or `trainable_sigmoid`.

    Source: Tzinis et al. 2020, section 3.2, steps 1 to 3. The norm's gain and shift are scalars, as those of TDCN++.
    """

    def __init__(self, channels: int, width: int, activation: EmbeddingActivation) -> None:
        super().__init__()
        self.channels = channels
        self.activation = {"none": nn.Identity, "sigmoid": nn.Sigmoid, "trainable_sigmoid": TrainableSigmoid}[
            activation
        ]()
        self.dense = Dense(channels, width, bias=True)
        self.gain = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(0.0))

    def forward(self, embedding: FrameEmbedding, grid: FrameGrid) -> Float[Tensor, "batch width frame"]:
        """One column for each frame of the grid.

        Raises:
            ValueError: another number of channels, or too few frames for the wave.
        """
        if embedding.values.shape[1] != self.channels:
            raise ValueError(
                f"the embedding has {embedding.values.shape[1]} channels, this separator was made for {self.channels}: "
                "take the classifier, and the kind of embedding, that it was made for"
            )
        narrow = self.dense(self.activation(embedding.values))
        repeated = narrow[:, :, repeat_index(grid, embedding).to(narrow.device)]
        return standardised(repeated, (-2, -1)) * self.gain + self.shift


def repeat_index(grid: FrameGrid, embedding: FrameEmbedding) -> Int64[Tensor, " frame"]:
    """Which frame of the embedding belongs to each frame of the basis: the last one that began.

    Raises:
        ValueError: the embedding ends before the wave.

    Source: Tzinis et al. 2020, section 3.2, step 1: "repeating frames".

    >>> repeat_index(FrameGrid(8, 40, 0), FrameEmbedding(torch.zeros(1, 1, 3), 160))
    tensor([0, 0, 0, 0, 1, 1, 1, 1])
    """
    have = embedding.values.shape[-1]
    if have == 1:
        return torch.zeros(grid.frames, dtype=torch.int64)
    starts = torch.arange(grid.frames) * grid.hop_samples - grid.lead
    index = starts.clamp_min(0) // embedding.hop_samples
    if int(index[-1]) >= have:
        raise ValueError(
            f"the embedding has {have} frames of {embedding.hop_samples} samples, the wave needs {int(index[-1]) + 1}: "
            "compute it from a wave of the same length, at the same sample rate"
        )
    return index
