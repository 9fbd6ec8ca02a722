"""A classifier over time: every patch of a signal's spectrogram through the network it was trained in, no shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.description import Description
from lightning_sepcl.encoders.mobilenet import layers_from_the_top
from lightning_sepcl.features.standardise import Standardise
from lightning_sepcl.heads import LinearClassifier

PATCHES_AT_ONCE = 256
"""Bounds the memory: 6 MB of log-mels, and 1 GB of maps in a MobileNet of full width."""


class PatchClassifier(Classifier):
    """Exact patches at a hop of whole feature frames, each centred on its moment; beyond its ends the signal is silent.

    Frame k looks at a patch centred on sample k · hop. With 96 frames of 10 ms at 16 kHz, 3 s give 301 patches at hop
    1. Running the network over the whole spectrogram at once would cost less and be another function: inside a patch
    everything beyond it is zero padding.

    Args:
        description: which feature, encoder and classes; its weights are as initialised.
        hop_frames: feature frames from one patch to the next; the paper's is 1, with a tenth of the work at 10.
        fine_tuned: how many layers, counted from the last, can be trained; the others are frozen.

    Source: Tzinis et al. 2020, section 2.1.
    """

    def __init__(self, description: Description, hop_frames: int = 10, fine_tuned: int = 0) -> None:
        super().__init__()
        if hop_frames < 1:
            raise ValueError(f"PatchClassifier: `hop_frames` is {hop_frames}, it must be at least 1")
        self.description, self.hop_frames, self.fine_tuned = description, hop_frames, fine_tuned
        self.classes, self.sample_rate = description.classes, description.sample_rate
        self.feature, self.encoder = description.parts()
        self.feature.prepare(self.sample_rate)
        self.standardise = Standardise() if description.standardised else nn.Identity()
        self.head = LinearClassifier(self.encoder.dim, len(self.classes)) if self.classes else nn.Identity()
        self.width = len(self.classes) or self.encoder.dim
        self.patch_samples = self.feature.num_samples(description.patch_frames)
        self.reach_samples = self.patch_samples - self.patch_samples // 2
        self.hop_samples = hop_frames * (self.feature.num_samples(2) - self.feature.num_samples(1))
        self.fine_tune(fine_tuned)
        self.eval()

    def forward(self, wave: Float[Tensor, "batch sample"]) -> Float[Tensor, "batch {self.width} frame"]:
        """Logits of every patch, with a gradient where the wave or a layer asks for one."""
        with torch.set_grad_enabled(self.asks_for_gradient(wave)):
            patches = self.patches(wave)
            each = max(1, PATCHES_AT_ONCE // len(wave))
            parts = [self._logits(patches[:, k : k + each].flatten(0, 1)) for k in range(0, patches.shape[1], each)]
            return torch.cat([part.reshape(len(wave), -1, self.width) for part in parts], 1).mT

    def patches(self, wave: Float[Tensor, "batch sample"]) -> Float[Tensor, "batch patch channel freq frame"]:
        """All patches as a view of the padded wave's features; 1 + samples // hop of them."""
        half = self.patch_samples // 2
        padded = functional.pad(wave, (half, self.patch_samples - half))[:, None]
        features = self.standardise(self.feature(padded))
        patches = features.unfold(-1, self.description.patch_frames, self.hop_frames).movedim(3, 1)
        shown: Tensor = patches[:, : 1 + wave.shape[-1] // self.hop_samples]
        return shown

    def at_hop(self, hop_frames: int) -> PatchClassifier:
        """A copy that is asked every `hop_frames` feature frames, frozen; on the same device."""
        other = PatchClassifier(self.description, hop_frames)
        other.load_state_dict(self.state_dict())
        return other.to(next(self.parameters()).device)

    def layers(self) -> Sequence[nn.Module]:
        """The head, then the encoder's layers from the top."""
        return [*([self.head] if self.classes else []), *layers_from_the_top(self.encoder)]

    def _logits(self, patches: Float[Tensor, "patch channel freq frame"]) -> Float[Tensor, "patch {self.width}"]:
        logits: Tensor = self.head(self.encoder(patches.contiguous()))
        precise: Tensor = logits.float()
        return precise
