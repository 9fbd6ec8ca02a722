"""Encoders: features in, embeddings out. This list of imports is the registry."""

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.cnn14 import CNN14
from lightning_sepcl.encoders.crnn import CRNN
from lightning_sepcl.encoders.mobilenet import MobileNet
from lightning_sepcl.encoders.readout import BlockStatistics, PooledEmbedding, Readout
from lightning_sepcl.encoders.resnet18 import ResNet18
from lightning_sepcl.encoders.resnet18_wave import ResNet18Wave
from lightning_sepcl.encoders.small_cnn import SmallCNN

__all__ = [
    "CNN14",
    "CRNN",
    "BlockStatistics",
    "Encoder",
    "MobileNet",
    "PooledEmbedding",
    "Readout",
    "ResNet18",
    "ResNet18Wave",
    "SmallCNN",
]
