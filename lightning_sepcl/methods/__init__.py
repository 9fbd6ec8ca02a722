"""Training methods, one LightningModule a file."""

from lightning_sepcl.methods.base import Method
from lightning_sepcl.methods.coincidence import CoincidencePrediction
from lightning_sepcl.methods.joint import Joint
from lightning_sepcl.methods.simclr import SimCLR
from lightning_sepcl.methods.supervised import Supervised

__all__ = ["CoincidencePrediction", "Joint", "Method", "SimCLR", "Supervised"]
