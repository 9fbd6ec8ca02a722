"""Objectives: tensors in, a scalar out. This list of imports is the registry."""

from lightning_sepcl.objectives.azimuth import AzimuthLoss, PairOfAzimuthsLoss
from lightning_sepcl.objectives.coincidence import coincidence_loss
from lightning_sepcl.objectives.diagnostics import alignment, embedding_std, uniformity
from lightning_sepcl.objectives.guided_cross_entropy import GuidedCrossEntropy, sigmoid_cross_entropy
from lightning_sepcl.objectives.mixit import MixIT, mixit
from lightning_sepcl.objectives.nt_xent import NTXent, nt_xent, nt_xent_chunked, nt_xent_gathered
from lightning_sepcl.objectives.pit import PIT, active_and_silent_loss, aligned
from lightning_sepcl.objectives.si_sdr import pairwise_si_snr, si_sdr, si_snr
from lightning_sepcl.objectives.snr import ThresholdedSNR, thresholded_snr
from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy

__all__ = [
    "PIT",
    "AzimuthLoss",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "GuidedCrossEntropy",
    "MixIT",
    "NTXent",
    "PairOfAzimuthsLoss",
    "ThresholdedSNR",
    "active_and_silent_loss",
    "aligned",
    "alignment",
    "coincidence_loss",
    "embedding_std",
    "mixit",
    "nt_xent",
    "nt_xent_chunked",
    "nt_xent_gathered",
    "pairwise_si_snr",
    "si_sdr",
    "si_snr",
    "sigmoid_cross_entropy",
    "thresholded_snr",
    "uniformity",
]
