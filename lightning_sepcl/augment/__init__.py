"""Augmentations, one plugin per file. This list of imports is the registry."""

from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.augment.chain import Chain
from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.identity import Identity
from lightning_sepcl.augment.mix import Mix
from lightning_sepcl.augment.noise import Noise
from lightning_sepcl.augment.one_of import OneOf, Sometimes
from lightning_sepcl.augment.random_resized_crop import RandomResizedCrop
from lightning_sepcl.augment.spec_augment import SpecAugment
from lightning_sepcl.augment.time_shift import TimeShift
from lightning_sepcl.augment.torch_audiomentations import TorchAudiomentations

__all__ = [
    "Augmentation",
    "Chain",
    "Gain",
    "Identity",
    "Mix",
    "Noise",
    "OneOf",
    "RandomResizedCrop",
    "Sometimes",
    "SpecAugment",
    "TimeShift",
    "TorchAudiomentations",
]
