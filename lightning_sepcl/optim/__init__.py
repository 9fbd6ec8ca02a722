"""Optimisers, schedules and averages beside PyTorch's own. This list of imports is the registry."""

from lightning_sepcl.optim.ema import WeightEMA
from lightning_sepcl.optim.halving import Halving
from lightning_sepcl.optim.lars import LARS
from lightning_sepcl.optim.lars_adam import LARSAdam
from lightning_sepcl.optim.parameter_groups import parameter_groups
from lightning_sepcl.optim.warmup_cosine import Constant, Schedule, WarmupCosine

__all__ = ["LARS", "Constant", "Halving", "LARSAdam", "Schedule", "WarmupCosine", "WeightEMA", "parameter_groups"]
