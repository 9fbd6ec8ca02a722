"""An embedder whose answers are known: mean size of a wave, of its square and of its slope."""

from __future__ import annotations

import torch
from torch import Tensor


class ToyEmbedder:
    """Clip embedding: mean size, square and absolute slope of all real samples; frames: the same every `stride`."""

    def __init__(self, sample_rate=8000, stride=1000):
        self.sample_rate, self.stride = sample_rate, stride
        self.batches = []

    @property
    def frame_rate(self):
        return self.sample_rate / self.stride

    def frame_centre_seconds(self, microphones=1):
        return self.stride / 2 / self.sample_rate

    def embed(self, wave, length) -> dict[str, Tensor]:
        self.batches.append(len(wave))
        return {"embedding": torch.stack([self.row(w[:, :n]) for w, n in zip(wave, length.tolist(), strict=True)])}

    def embed_frames(self, wave) -> Tensor:
        frames = wave.unfold(-1, self.stride, self.stride)  # (clip, mic, frame, sample)
        return torch.stack([torch.stack([self.row(f) for f in clip.movedim(1, 0)], -1) for clip in frames])

    @staticmethod
    def row(wave):
        wave = wave.double()
        slope = wave.diff().abs().mean() if wave.shape[-1] > 1 else wave.new_zeros(())
        return torch.stack([wave.abs().mean(), wave.square().mean(), slope]).float()
