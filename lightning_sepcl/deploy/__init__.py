"""Trained models as products: loading them without a trainer, and exporting them to formats that others read."""

from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.augmenter import Augmenter
from lightning_sepcl.deploy.encoder_description import EncoderDescription
from lightning_sepcl.deploy.loading import load
from lightning_sepcl.deploy.wave_model import WaveModel

__all__ = [
    "AudioClassifier",
    "AudioEncoder",
    "AudioSeparator",
    "Augmenter",
    "EncoderDescription",
    "WaveModel",
    "load",
]
