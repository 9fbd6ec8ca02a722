"""Objectives: tensors in, a scalar out. This list of imports is the registry."""

from lightning_sepcl.objectives.coincidence import coincidence_loss
from lightning_sepcl.objectives.diagnostics import alignment, embedding_std, uniformity
from lightning_sepcl.objectives.nt_xent import NTXent, nt_xent, nt_xent_chunked, nt_xent_gathered
from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy

__all__ = [
    "BinaryCrossEntropy",
    "CrossEntropy",
    "NTXent",
    "alignment",
    "coincidence_loss",
    "embedding_std",
    "nt_xent",
    "nt_xent_chunked",
    "nt_xent_gathered",
    "uniformity",
]
