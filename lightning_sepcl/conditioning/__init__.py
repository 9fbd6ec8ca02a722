"""Conditioning: sound classifiers over time, what they say of several signals, and separators that are told."""

from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.conditioning.conditioned import ConditionedSeparator, Stage
from lightning_sepcl.conditioning.conditioned_itdcnpp import ConditionedITDCNpp
from lightning_sepcl.conditioning.conditioned_tdcnpp import ConditionedTDCNpp
from lightning_sepcl.conditioning.description import Description
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.conditioning.saved_classifier import SavedClassifier, save_classifier
from lightning_sepcl.conditioning.saved_separator import load_any, save_any
from lightning_sepcl.conditioning.semantic import all_signals, mean_in_probability, soft_or

__all__ = [
    "Classifier",
    "ConditionedITDCNpp",
    "ConditionedSeparator",
    "ConditionedTDCNpp",
    "Description",
    "PatchClassifier",
    "SavedClassifier",
    "Stage",
    "all_signals",
    "load_any",
    "mean_in_probability",
    "save_any",
    "save_classifier",
    "soft_or",
]
