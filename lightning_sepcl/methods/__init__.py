"""Training methods, one LightningModule a file."""

from lightning_sepcl.methods.base import Method
from lightning_sepcl.methods.clar import CLAR
from lightning_sepcl.methods.coincidence import CoincidencePrediction
from lightning_sepcl.methods.conditioned_separation import ConditionedSeparation
from lightning_sepcl.methods.event_localisation import EventLocalisation
from lightning_sepcl.methods.global_batch_norm import GlobalBatchNorms
from lightning_sepcl.methods.joint import Joint
from lightning_sepcl.methods.learner import Learner
from lightning_sepcl.methods.mc_simclr import MCSimCLR
from lightning_sepcl.methods.mixit_separation import MixITSeparation
from lightning_sepcl.methods.pit_separation import PITSeparation
from lightning_sepcl.methods.save_processors import SaveProcessors
from lightning_sepcl.methods.separation import Separation
from lightning_sepcl.methods.simclr import SimCLR
from lightning_sepcl.methods.supervised import Supervised
from lightning_sepcl.methods.two_source_localisation import TwoSourceLocalisation

__all__ = [
    "CLAR",
    "CoincidencePrediction",
    "ConditionedSeparation",
    "EventLocalisation",
    "GlobalBatchNorms",
    "Joint",
    "Learner",
    "MCSimCLR",
    "Method",
    "MixITSeparation",
    "PITSeparation",
    "SaveProcessors",
    "Separation",
    "SimCLR",
    "Supervised",
    "TwoSourceLocalisation",
]
