"""Augmentations, one plugin per file. This list of imports is the registry."""

from lightning_sepcl.augment.area_crop import AreaCrop
from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.augment.chain import Chain
from lightning_sepcl.augment.channel_drop import ChannelDrop
from lightning_sepcl.augment.channel_swap import ChannelSwap
from lightning_sepcl.augment.fade import Fade
from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.identity import Identity
from lightning_sepcl.augment.mix import Mix
from lightning_sepcl.augment.mixed_noise import MixedNoise
from lightning_sepcl.augment.mixup import Mixup
from lightning_sepcl.augment.noise import Noise
from lightning_sepcl.augment.one_of import OneOf, Sometimes
from lightning_sepcl.augment.pitch_shift import PitchShift
from lightning_sepcl.augment.random_resized_crop import RandomResizedCrop
from lightning_sepcl.augment.spec_augment import SpecAugment
from lightning_sepcl.augment.time_mask import TimeMask
from lightning_sepcl.augment.time_shift import TimeShift
from lightning_sepcl.augment.time_stretch import TimeStretch
from lightning_sepcl.augment.torch_audiomentations import TorchAudiomentations
from lightning_sepcl.augment.white_noise import WhiteNoise

__all__ = [
    "AreaCrop",
    "Augmentation",
    "Chain",
    "ChannelDrop",
    "ChannelSwap",
    "Fade",
    "Gain",
    "Identity",
    "Mix",
    "MixedNoise",
    "Mixup",
    "Noise",
    "OneOf",
    "PitchShift",
    "RandomResizedCrop",
    "Sometimes",
    "SpecAugment",
    "TimeMask",
    "TimeShift",
    "TimeStretch",
    "TorchAudiomentations",
    "WhiteNoise",
]
