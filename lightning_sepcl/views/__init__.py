"""View makers: which stretch of which source of a clip becomes which training example."""

from lightning_sepcl.views.base import ViewDraw, ViewMaker
from lightning_sepcl.views.source_choice import (
    ChannelChannel,
    MixtureAny,
    MixtureChannel,
    MixtureMixture,
    SourceChoice,
)
from lightning_sepcl.views.temporal_proximity import TemporalProximity
from lightning_sepcl.views.two_crops import TwoCrops

__all__ = [
    "ChannelChannel",
    "MixtureAny",
    "MixtureChannel",
    "MixtureMixture",
    "SourceChoice",
    "TemporalProximity",
    "TwoCrops",
    "ViewDraw",
    "ViewMaker",
]
