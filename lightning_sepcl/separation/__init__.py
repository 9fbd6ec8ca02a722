"""Separation: recordings in, their sources out. This list of imports is the registry."""

from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis
from lightning_sepcl.separation.conditioning import Conditioning
from lightning_sepcl.separation.consistency import MixtureConsistency, mixture_consistency
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.processors import Processors, SeparatedBefore, SeparateOnDevice
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp

__all__ = [
    "Basis",
    "Conditioning",
    "ITDCNpp",
    "LearnedBasis",
    "MixtureConsistency",
    "Processors",
    "STFTBasis",
    "SeparateOnDevice",
    "SeparatedBefore",
    "Separator",
    "TDCNpp",
    "mixture_consistency",
]
