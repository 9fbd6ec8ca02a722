"""Features: what an encoder is given to read. This list of imports is the registry."""

from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.log_mel import LogMel
from lightning_sepcl.features.log_mel_gcc import LogMelGCC
from lightning_sepcl.features.raw import Raw
from lightning_sepcl.features.standardise import Standardise
from lightning_sepcl.features.three_channel import ThreeChannel

__all__ = ["Feature", "LogMel", "LogMelGCC", "Raw", "Standardise", "ThreeChannel"]
