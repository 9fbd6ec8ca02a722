"""Where a frame embedding listens: the middle of what it hears, which no encoder tells."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.features.base import Feature

NOISES, STRIDES = 8, 9
"""Sounds that are averaged over, and how many frame embeddings each gives: the middle one is asked."""


@torch.enable_grad()  # type: ignore[untyped-decorator]
def frame_centre_seconds(
    feature: Feature,
    features_of: Callable[[Tensor], Tensor],
    encoder: Encoder,
    sample_rate: int,
    microphones: int = 1,
) -> float:
    """From the beginning of a wave to the middle of what its first frame embedding hears, in seconds.

    Measured by the embedding's gradient on noise: pooling and strided convolutions differ by half an embedding's step.

    Args:
        feature: which one the encoder reads.
        features_of: waves (n, mic, sample) -> what the encoder is given: the feature, standardised.
        encoder: in evaluation mode.
        sample_rate: Hz.
        microphones: of the waves.
    """
    stride = encoder.time_stride
    device = next((parameter.device for parameter in encoder.parameters()), torch.device("cpu"))
    shape = (NOISES, microphones, feature.num_samples(STRIDES * stride))
    noise = 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x = features_of(noise.to(device)).detach().requires_grad_()
    embedding = encoder.frames(encoder.blocks(x))
    middle = embedding.shape[-1] // 2
    (slope,) = torch.autograd.grad(embedding[..., middle].square().sum(), x)
    strength = slope.square().sum((0, 1, 2)).cpu()
    centre = (strength * torch.arange(len(strength))).sum() / strength.sum()
    # an encoder that does not hear the noise at all: as if it pooled without convolutions
    later = float(centre) - middle * stride if bool(centre.isfinite()) else (stride - 1) / 2
    return feature.num_samples(1) / 2 / sample_rate + later / feature.frame_rate
